"""What a running flow offers its operators, where they ask for it with a parameter of type `Run`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from threading import Event as Flag
from typing import Protocol

from flowrun.schemas.health import Health, State


class Run(Protocol):
    """One run of a flow, seen by one step."""

    @property
    def step(self) -> str:
        """Name of the step."""

    @property
    def stopping(self) -> Flag:
        """Set when the run is to end: a source finishes its stream and stops."""

    def now(self) -> datetime:
        """Return the time of day, UTC."""

    def claim(self, key: str) -> bool:
        """Take a piece of work; True for the first of the parallel copies of a source that asks for *key*."""

    def expect(self, *, streams: int | None = None, seconds: float | None = None) -> None:
        """Tell how much is to come, for progress: so many streams, or so many seconds of audio."""

    def report(self, share: float, text: str) -> None:
        """Tell how much of a long work is done, 0 to 1, and what to show beside it."""

    def on_stream_end(self, call: Callable[[str], None]) -> None:
        """Have *call* called with the name of each stream that every sink has finished with."""

    def state(self, state: State, message: str) -> None:
        """Tell how it goes with what the step depends on, in a word and in a sentence: called at each change."""

    def heartbeat(self, rest_s: float = 0.0) -> None:
        """Tell that the step works: a live source in each turn of its loop, any other while it is long at one item.

        Without it a step that takes too long is taken for stuck, and the process may be ended for it.

        Args:
            rest_s: For how long it may be quiet now, because it means to wait, s.
        """

    def health(self) -> Health:
        """Return how it goes with the whole run: cheap, and from any thread."""

    def warn(self, message: str) -> None:
        """Log something the user should know."""


class Alone:
    """A `Run` outside an engine: for tests, notebooks and doctests."""

    def __init__(self, step: str = "step") -> None:
        self.step = step
        self.stopping = Flag()
        self.warnings: list[str] = []
        self.states: list[tuple[State, str]] = []

    def now(self) -> datetime:
        """Return a fixed time, so that results are the same each time."""
        from datetime import UTC

        return datetime(2026, 1, 1, tzinfo=UTC)

    def claim(self, key: str) -> bool:
        """Every piece of work is ours."""
        return True

    def expect(self, *, streams: int | None = None, seconds: float | None = None) -> None:
        """Nobody watches."""

    def report(self, share: float, text: str) -> None:
        """Nobody watches."""

    def on_stream_end(self, call: Callable[[str], None]) -> None:
        """There are no sinks."""

    def state(self, state: State, message: str) -> None:
        """Keep the state."""
        self.states.append((state, message))

    def heartbeat(self, rest_s: float = 0.0) -> None:
        """Nobody watches."""

    def health(self) -> Health:
        """There are no other steps."""
        return Health("")

    def warn(self, message: str) -> None:
        """Keep the message."""
        self.warnings.append(message)
