"""What one step may ask of its run."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flowrun.runtime.running.attention import Attention
from flowrun.schemas.health import Health, State

if TYPE_CHECKING:
    from flowrun.runtime.running.engine import Engine

log = logging.getLogger("flowrun.engine")


class StepRun:
    """The run as one copy of a step sees it; see `flowrun.schemas.run.Run`."""

    def __init__(self, engine: Engine, step: str, attention: Attention) -> None:
        self.step = step
        self.stopping = engine.stopping
        self._engine = engine
        self._attention = attention

    def now(self) -> datetime:
        """Return the time of day, UTC."""
        return datetime.now(UTC)

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

    def health(self) -> Health:
        """Return how it goes with the whole run."""
        return self._engine.health()

    def warn(self, message: str) -> None:
        """Log something the user should know."""
        log.warning("step %r: %s", self.step, message, extra={"step": self.step})
