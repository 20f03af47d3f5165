"""Runs a source on a thread of the engine's choice, outside Rx's trampoline.

`subscribe` runs whatever a source does at once inside the trampoline of the calling thread, which would hold back all
that an operator downstream schedules until the source has ended. So a source is given an event loop as its scheduler,
and the loop runs here, after `subscribe` has returned.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread, get_ident

from reactivex.abc import StartableBase
from reactivex.scheduler import EventLoopScheduler


class SourceLoop:
    """An event loop for one source: its scheduler, and the thread's body."""

    def __init__(self) -> None:
        self.scheduler = EventLoopScheduler(thread_factory=self._started, exit_if_empty=True)
        self._thread = get_ident()
        self._body: Callable[..., None] | None = None

    def run(self) -> None:
        """Run what has been scheduled, until nothing more is."""
        if self._body:
            self._body()
        self._thread = 0

    def _started(self, body: Callable[..., None]) -> _Later | Thread:
        # Work that another thread schedules after the source has ended gets a thread of its own.
        return _Later(self, body) if get_ident() == self._thread else Thread(target=body, daemon=True)


class _Later(StartableBase):
    """What the scheduler takes for a thread: starting it only notes what to run."""

    def __init__(self, loop: SourceLoop, body: Callable[..., None]) -> None:
        self._loop = loop
        self._loop_body = body

    def start(self) -> None:
        self._loop._body = self._loop_body
