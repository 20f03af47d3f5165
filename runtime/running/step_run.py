"""What one step may ask of its run."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from flowrun.models.outbox.place import state_folder
from flowrun.runtime.running.attention import Attention
from flowrun.schemas.health import Delivery, Health, State

if TYPE_CHECKING:
    from flowrun.runtime.running.engine import Engine

T = TypeVar("T")
log = logging.getLogger("flowrun.engine")


class StepRun:
    """The run as one copy of a step sees it; see `flowrun.schemas.run.Run`."""

    def __init__(self, engine: Engine, step: str, attention: Attention) -> None:
        self.step = step
        self.stopping = engine.stopping
        self.control = engine.control
        self.plan = engine.plan
        self._engine = engine
        self._attention = attention

    @property
    def state_folder(self) -> Path:
        """Where what must outlive the run is kept."""
        return state_folder()

    def now(self) -> datetime:
        """Return the time of day, UTC."""
        return datetime.now(UTC)

    def left_s(self) -> float:
        """Return how long the sinks may still take to finish, s."""
        return max(0.0, self._engine.grace_s - self._engine.stopped_for_s())

    def share(self, key: str, make: Callable[[], T]) -> T:
        """Return what *make* makes, one for all steps that ask for *key*."""
        with self._engine.lock:
            if key not in self._engine.shared:
                self._engine.shared[key] = make()
            made: T = self._engine.shared[key]
            return made

    def delivery(self) -> Delivery:
        """Return what counts the events that the step sends to a receiver."""
        return self._engine.deliveries.setdefault(self.step, Delivery())

    def claim(self, key: str) -> bool:
        """Take a piece of work; True for the first copy of the step that asks for *key*."""
        with self._engine.lock:
            claimed = self._engine.claims.setdefault(self.step, set())
            fresh = key not in claimed
            claimed.add(key)
            return fresh

    def expect(self, *, streams: int | None = None, seconds: float | None = None) -> None:
        """Tell how much is to come."""
        self._engine.expected[self.step] = (streams, seconds)

    def report(self, share: float, text: str) -> None:
        """Tell how much of a long work is done."""
        self._engine.reported[self.step] = (share, text)
        self.heartbeat()

    def on_stream_end(self, call: Callable[[str], None]) -> None:
        """Have *call* called with each stream that every sink has finished with."""
        self._engine.listeners.setdefault(self.step, []).append(call)

    def state(self, state: State, message: str) -> None:
        """Note and log how it goes with what the step depends on."""
        self._engine.tell(self.step, state, message)

    def heartbeat(self, rest_s: float = 0.0) -> None:
        """Note that the step works."""
        self._attention.heartbeat(rest_s)

    def rest(self) -> None:
        """Wait until the run is asked to stop."""
        self._attention.end()  # who waits for a person does not hang
        self._engine.rest(self.step)

    def health(self) -> Health:
        """Return how it goes with the whole run."""
        return self._engine.health()

    def warn(self, message: str) -> None:
        """Log something the user should know."""
        log.warning("step %r: %s", self.step, message, extra={"step": self.step})
