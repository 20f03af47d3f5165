"""The letters of one step."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from flowrun.models.outbox.letter import Letter, Limits
from flowrun.schemas.health import Delivery

if TYPE_CHECKING:
    from flowrun.models.outbox.outbox import Outbox


class Box:
    """What one step sees of an `Outbox`; for any thread.

    Args:
        outbox: The outbox.
        step: The step.
        limits: What is too old, and too much.
        tally: Counts what waits, what was dropped and what is dead.
        warn: Told what the user should know.
    """

    def __init__(self, outbox: Outbox, step: str, limits: Limits, tally: Delivery, warn: Callable[[str], None]) -> None:
        self.step, self.limits, self.tally = step, limits, tally
        self.latest = 0  # number of the letter put last
        self.durable = 0  # number of the last letter on the disk
        self.news = 0  # changes when `after` may give more
        self._outbox, self._ledger, self._changed = outbox, outbox.ledger, outbox.changed
        self._warn = warn
        self._woken = False

    @property
    def trouble(self) -> str:
        """What is wrong with the disk; "" where nothing is."""
        return self._outbox.keeper.trouble

    def put(self, name: str, body: bytes) -> None:
        """Take an event; it is durable soon, see `flush`."""
        self._outbox.put(self, name, body)

    def after(self, number: int, count: int) -> list[Letter]:
        """Return the first *count* letters behind *number* that are durable, or that the disk does not take."""
        return self._outbox.after(self, number, count)

    def take_out(self, letter: Letter) -> None:
        """Remove a letter that the receiver has taken."""
        with self._changed:
            self._ledger.gone.add(letter.number)
            self.tally.sent += 1

    def bury(self, letter: Letter, reason: str) -> None:
        """Put a letter to the dead ones."""
        with self._changed:
            self._ledger.dead[letter.number] = (self.step, reason)
            self.tally.dead += 1

    def note_try(self, letters: Iterable[Letter]) -> None:
        """Count that letters were sent and not acknowledged."""
        with self._changed:
            self._ledger.tried += [letter.number for letter in letters]

    def wait(self, seen: int | None, timeout_s: float) -> None:
        """Wait until there are other `news` than those *seen*, if any are, for `wake`, or for the time to pass."""
        with self._changed:
            self._changed.wait_for(lambda: self._woken or seen not in (None, self.news), timeout_s)
            self._woken = False

    def wake(self) -> None:
        """End a `wait`, the present or the next."""
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def flush(self, timeout_s: float) -> bool:
        """Wait until all that it was told is on the disk, or that has failed; return whether it is."""
        return self._outbox.flush(self, timeout_s)

    def close(self) -> int:
        """Let go; return how many letters were never durable and are lost with that."""
        return self._outbox.leave(self)

    def lost(self, size: int, why: str) -> None:
        """Count a letter that found no room in memory."""
        self.tally.waiting -= 1
        self.tally.waiting_bytes -= size
        self.dropped(1, why)

    def dropped(self, count: int, why: str) -> None:
        """Count letters that were dropped, and tell of the 1st, 2nd, 4th, 8th …."""
        before = self.tally.dropped
        self.tally.dropped += count
        if self.tally.dropped.bit_length() > before.bit_length():
            self._warn(f"{self.tally.dropped} of the oldest events are dropped so far: {why}")
