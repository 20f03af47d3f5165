"""A checked flow: what the engine builds from, plain data and specs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

from flowrun.runtime.language.document import Document, Keys
from flowrun.schemas.errors import Problem
from flowrun.schemas.spec import Spec
from flowrun.schemas.stream_info import StreamInfo

WhenFull = Literal["block", "drop_oldest", "drop_newest"]


class Upstream(NamedTuple):
    """One output of a step."""

    step: str
    output: str


@dataclass(frozen=True, slots=True)
class Queue:
    """The bounded queue in front of a step."""

    size: int
    when_full: WhenFull


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its operator, its configuration and what it reads.

    on_error: What becomes of an item it fails on; "send" sends it to the step named in `dead_letters`.
    info: What its output is known to carry.
    """

    name: str
    spec: Spec
    config: Mapping[str, Any]
    inputs: Mapping[str, tuple[Upstream, ...]]
    on_error: Literal["stop", "skip", "send"]
    dead_letters: str | None
    queue: Queue | None
    info: StreamInfo


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow without problems; its steps are in an order in which each stands after what it reads."""

    name: str
    path: Path
    steps: Mapping[str, Step]
    tests: tuple[Mapping[str, Any], ...]
    document: Document

    @property
    def live(self) -> bool:
        """Whether it listens to something that cannot wait."""
        return any(step.spec.live for step in self.steps.values())

    def warning(self, step: str, path: Keys, rule: str, message: str, remedy: str) -> Problem:
        """Return a problem that does not keep the flow from running, at the value in *step* that *path* leads to."""
        said = f"step {step!r}: {message}"
        return replace(
            self.document.problem(("steps", step, *path), rule, said, remedy, at_key=not path), severity="warning"
        )
