"""The thread that writes an outbox, and looks after what lies in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING

from flowrun.models.outbox.expiry import drop
from flowrun.models.outbox.store import Store

if TYPE_CHECKING:
    from flowrun.models.outbox.box import Box
    from flowrun.models.outbox.outbox import Outbox

TICK_S = 1.0  # between tries of a disk that failed, and looks at what another process has changed
EXPIRY_S = 60.0  # between looks at what is too old
CLOSING_S = 10.0  # for a disk that hangs


class Writer:
    """Writes what the ledger of *outbox* holds; *now* tells the time of day."""

    def __init__(self, outbox: Outbox, now: Callable[[], datetime]) -> None:
        self.writing = False
        self._outbox, self._ledger, self._keeper, self._changed = outbox, outbox.ledger, outbox.keeper, outbox.changed
        self._now = now
        self._ledger.number = max(self._ledger.number, self._keeper.read(Store.last_number) or 0)
        self._first, self._began = self._ledger.number + 1, monotonic()
        self._version = (0, 0)
        self._expire_at = monotonic()
        self._turns = 0
        self._urgent = self._closing = False
        self._thread = Thread(target=self._run, name="outbox", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def flush(self, box: Box, timeout_s: float) -> bool:
        """Wait until all that *box* was told is on the disk, or this has failed; the caller holds the lock."""
        due = self._turns + 1 + self.writing
        self._urgent = True
        self._changed.notify_all()
        self._changed.wait_for(
            lambda: self._turns >= due and (box.durable >= box.latest or bool(self._keeper.trouble)), timeout_s
        )
        return self._turns >= due and box.durable >= box.latest and not self._keeper.trouble

    def close(self) -> None:
        """Write what is left, and end."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(CLOSING_S)

    def count(self, boxes: Iterable[Box]) -> None:
        """Count anew what waits in *boxes*, of which nothing is being written; the caller holds the lock."""
        waiting = self._keeper.read(lambda store: store.totals()) or {}
        dead = self._keeper.read(lambda store: store.totals("dead")) or {}
        for box in boxes:
            count, size = waiting.get(box.step, (0, 0))
            unwritten = [len(letter.body) for letter in self._ledger.unwritten(box.step, 0)]
            box.tally.waiting, box.tally.waiting_bytes = count + len(unwritten), size + sum(unwritten)
            box.tally.dead = dead.get(box.step, (0, 0))[0] + sum(s == box.step for s, _ in self._ledger.dead.values())

    def _run(self) -> None:
        look_at = monotonic()
        while True:
            with self._changed:
                self._changed.wait_for(self._wanted, TICK_S)
                closing, self._urgent = self._closing, False
            self._write()
            if monotonic() >= look_at:
                look_at = monotonic() + TICK_S
                self._look()
            if closing and (self._keeper.trouble or not self._ledger):
                return

    def _wanted(self) -> bool:
        return self._urgent or self._closing or bool(self._ledger.pending and not self._keeper.trouble)

    def _write(self) -> None:
        with self._changed:
            for pending in self._ledger.sent_unwritten():
                self._uncount(pending.step, len(pending.letter.body))
            changes = self._ledger.changes()
            self.writing = bool(self._ledger)
        removed = self._keeper.write(lambda store: store.write(changes, self._now())) if self.writing else []
        with self._changed:
            self.writing = False
            self._turns += 1
            if removed is not None:
                self._ledger.written(changes)
                for step, letter in changes.letters:
                    if box := self._outbox.boxes.get(step):
                        box.durable = letter.number
                        box.news += 1
                for one in removed:
                    self._uncount(one.step, one.size)
                if changes.revived:
                    self.count(self._outbox.boxes.values())
            self._changed.notify_all()

    def _uncount(self, step: str, size: int) -> None:
        if step in self._outbox.boxes:
            self._outbox.boxes[step].tally.waiting -= 1
            self._outbox.boxes[step].tally.waiting_bytes -= size

    def _look(self) -> None:
        """Do what is due now and then."""
        version = self._keeper.renewed, self._keeper.read(Store.version) or 0
        if version != self._version:  # the file is another one, or another process has written it
            self._version = version
            self._revive()
        with self._changed:
            boxes = list(self._outbox.boxes.values())
        if monotonic() >= self._expire_at or any(b.tally.waiting_bytes > b.limits.keep_bytes for b in boxes):
            self._expire_at = monotonic() + EXPIRY_S
            self._expire({box.step: box for box in boxes})

    def _revive(self) -> None:
        """Put the dead letters that are to be sent again behind all others."""
        dead = self._keeper.read(Store.dead) or []
        with self._changed:
            known = {pending.revived for pending in self._ledger.pending.values()}
            for one in dead:
                if one.retry and one.letter.number not in known:
                    letter = self._ledger.add(one.step, replace(one.letter, tries=0), one.letter.number)
                    if one.step in self._outbox.boxes:
                        self._outbox.boxes[one.step].latest = letter.number
            self.count(self._outbox.boxes.values())

    def _expire(self, boxes: Mapping[str, Box]) -> None:
        limits = {step: box.limits for step, box in boxes.items()}
        age_s = monotonic() - self._began
        dropped = self._keeper.write(lambda store: drop(store, limits, self._now(), self._first, age_s)) or []
        self._keeper.write(Store.give_back)
        with self._changed:
            self.count(boxes.values())
        for (step, why), count in Counter((one.step, why) for one, why in dropped).items():
            if step in boxes:
                boxes[step].dropped(count, why)
