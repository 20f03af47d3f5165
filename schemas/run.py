"""What a running flow offers its operators, where they ask for it with a parameter of type `Run`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from pathlib import Path
from threading import Event as Flag
from typing import Any, Protocol, TypeVar

from flowrun.schemas.control import Control
from flowrun.schemas.health import Delivery, Health, State
from flowrun.schemas.plan import Plan

T = TypeVar("T")


class Run(Protocol):
    """One run of a flow, seen by one step."""

    @property
    def step(self) -> str:
        """Name of the step."""

    @property
    def stopping(self) -> Flag:
        """Set when the run is to end: a source finishes its stream and stops."""

    @property
    def control(self) -> Control:
        """What can be asked of the run while it runs: pauses, other thresholds."""

    @property
    def plan(self) -> Plan:
        """The flow itself: its steps, its links, its text."""

    @property
    def state_folder(self) -> Path:
        """Where what must outlive the run is kept; it may have to be made."""

    def now(self) -> datetime:
        """Return the time of day, UTC."""

    def left_s(self) -> float:
        """Return how long the sinks may still take to finish, s: less and less once the run has been asked to stop."""

    def share(self, key: str, make: Callable[[], T]) -> T:
        """Return what *make* makes, one for all steps of the run that ask for *key*."""

    def delivery(self) -> Delivery:
        """Return what counts the events that the step sends to a receiver; the step changes it, `health` shows it."""

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

    def rest(self) -> None:
        """Wait until the run is asked to stop: for a step that has nothing more to do, and is still of use.

        The run has ended when all that is left of it rests.
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
        self.control = Control(["live"])
        self.plan = Plan("")
        self.warnings: list[str] = []
        self.states: list[tuple[State, str]] = []
        self._delivery = Delivery()
        self._shared: dict[str, Any] = {}

    @cached_property
    def state_folder(self) -> Path:
        """Return a folder that goes with it."""
        import shutil
        import tempfile
        import weakref

        folder = Path(tempfile.mkdtemp(prefix="flowrun-"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return folder

    def now(self) -> datetime:
        """Return a fixed time, so that results are the same each time."""
        from datetime import UTC

        return datetime(2026, 1, 1, tzinfo=UTC)

    def left_s(self) -> float:
        """Nobody waits."""
        return 0.0

    def share(self, key: str, make: Callable[[], T]) -> T:
        """Keep what was made."""
        if key not in self._shared:
            self._shared[key] = make()
        made: T = self._shared[key]
        return made

    def delivery(self) -> Delivery:
        """Return the counts of its only step."""
        return self._delivery

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

    def rest(self) -> None:
        """Nobody would ask it to stop."""

    def health(self) -> Health:
        """There are no other steps."""
        return Health("")

    def warn(self, message: str) -> None:
        """Keep the message."""
        self.warnings.append(message)
