"""The letters of all steps of a flow, durable before anybody is asked to take them.

Whoever puts a letter does not wait for the disk: one thread writes all that has come meanwhile in one transaction, so
many events cost hardly more than one. What was acknowledged is removed with the next of these, or within a second.
While the disk takes nothing, the latest letters wait in memory.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from threading import Condition

from flowrun.models.outbox.box import Box
from flowrun.models.outbox.holder import Holder
from flowrun.models.outbox.keeper import Keeper
from flowrun.models.outbox.ledger import Ledger
from flowrun.models.outbox.letter import Letter, Limits
from flowrun.models.outbox.writer import Writer
from flowrun.schemas.errors import DeliveryError
from flowrun.schemas.health import Delivery

IN_MEMORY = 10_000  # letters that wait for the disk


class Outbox:
    """The letters of one flow; each step that sends has a box.

    Args:
        path: The file.
        warn: Told what the user should know.
        now: Tells the time of day, UTC.
    """

    def __init__(
        self, path: Path, warn: Callable[[str], None], now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.path = path
        # Guards ledger and boxes. The keeper has a lock of its own: who holds that one never waits for this.
        self.changed = Condition()
        self.keeper = Keeper(path, now, warn)
        self.ledger = Ledger()
        self.boxes: dict[str, Box] = {}
        self._now = now
        self._holder: Holder | None = None
        self._writer: Writer | None = None
        self._leaving = 0  # boxes that are being closed

    def box(self, step: str, limits: Limits, tally: Delivery, warn: Callable[[str], None]) -> Box:
        """Open the box of *step*, and with the first one the file.

        Raises:
            DeliveryError: the file cannot be made, another process has it, or the step has its box open.
        """
        with self.changed:
            if step in self.boxes:
                raise DeliveryError(f"step {step!r} has its box in {self.path} open already")
            writer = self._writer or self._open()
            box = self.boxes[step] = Box(self, step, limits, tally, warn)
            box.latest = box.durable = self.ledger.number
            writer.count([box])
            return box

    def put(self, box: Box, name: str, body: bytes) -> None:
        """Take an event. Where too many wait for the disk it waits too, or drops the oldest if the disk fails."""
        with self.changed:
            self.changed.wait_for(self._has_room)
            if len(self.ledger.pending) >= IN_MEMORY:
                oldest = self.ledger.pending.pop(next(iter(self.ledger.pending)))
                if oldest.step in self.boxes:
                    self.boxes[oldest.step].lost(
                        len(oldest.letter.body), f"the disk takes nothing: {self.keeper.trouble}"
                    )
            box.latest = self.ledger.add(box.step, Letter(0, name, body, self._now())).number
            box.news += bool(self.keeper.trouble)
            box.tally.waiting += 1
            box.tally.waiting_bytes += len(body)
            self.changed.notify_all()

    def after(self, box: Box, number: int, count: int) -> list[Letter]:
        """Return the first *count* letters of *box* behind *number*."""
        with self.changed:
            settled = sum(key > number for key in (*self.ledger.gone, *self.ledger.dead))
        found = self.keeper.read(lambda store: store.after(box.step, number, count + settled)) or []
        with self.changed:
            letters = {letter.number: letter for letter in found}
            if self.keeper.trouble:  # better sent without having been kept than not at all
                letters |= {letter.number: letter for letter in self.ledger.unwritten(box.step, number)}
            left = (letters[key] for key in sorted(letters) if not self.ledger.settled(key))
            return list(islice(left, count))

    def flush(self, box: Box, timeout_s: float) -> bool:
        """Wait until all that *box* was told is on the disk, or this has failed; return whether it is."""
        with self.changed:
            return self._writer is not None and self._writer.flush(box, timeout_s)

    def leave(self, box: Box) -> int:
        """Close *box*, and with the last one the file; return how many of its letters were never written."""
        with self.changed:
            if self.boxes.get(box.step) is not box:
                return 0
            self._leaving += 1
            writer = self._writer if self._leaving == len(self.boxes) else None
        if writer:
            writer.close()
        with self.changed:
            del self.boxes[box.step]
            self._leaving -= 1
            if writer and self._holder:
                self.keeper.close()
                self._holder.close()
                self._writer = self._holder = None
            mine = [letter.number for letter in self.ledger.unwritten(box.step, 0)]
            for number in mine:
                del self.ledger.pending[number]
            return len(mine)

    def _open(self) -> Writer:
        self._holder = Holder(self.path)
        try:
            self.keeper.open()
        except BaseException:
            self._holder.close()
            raise
        self._writer = Writer(self, self._now)
        self._writer.start()
        return self._writer

    def _has_room(self) -> bool:
        writing = self._writer is not None and self._writer.writing
        return len(self.ledger.pending) < IN_MEMORY or (bool(self.keeper.trouble) and not writing)
