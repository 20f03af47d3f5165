"""What a node reports, and to whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from reactivex import abc

from flowrun.schemas.errors import StepError
from flowrun.schemas.ports import Audio

if TYPE_CHECKING:
    from flowrun.runtime.running.node import Node


class Supervisor(Protocol):
    """What a node needs of the engine."""

    @property
    def scheduler(self) -> abc.SchedulerBase | None:
        """What the operators' timers run on; None leaves it to Rx."""

    def fail(self, error: StepError) -> None:
        """A step failed: the flow is to stop."""

    def ended(self, node: Node) -> None:
        """A node has completed or failed."""

    def stream_ended(self, node: Node, mark: Mark) -> None:
        """A stream has gone all the way to a node that nobody reads."""

    def heard(self, audio: Audio) -> None:
        """A source gave a block."""


@dataclass(frozen=True, slots=True)
class Mark:
    """The end of a stream on its way through the graph; `source` gave the stream."""

    stream: str
    source: str
