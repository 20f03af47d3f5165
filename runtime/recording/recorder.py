"""Writes a recording while the flow runs, on a thread of its own, and never stands in the way of the flow."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from threading import Thread

from flowrun.runtime.recording.buffer import Buffer
from flowrun.runtime.recording.entries import Entry, Heard, Losses, Told, lost
from flowrun.runtime.recording.pieces import Pieces
from flowrun.schemas.errors import explain
from flowrun.schemas.ports import Audio, Event, Failed

log = logging.getLogger("flowrun.record")
BUFFER_BYTES = 64 << 20  # 17 minutes of one microphone at 16 kHz
SYNC_S = 5.0  # what a power failure may cost
CALM_S = 10.0  # a disk that is nearly full takes something now and then


class Recorder:
    """Takes what a flow hears and tells, from any thread, and has it written.

    Args:
        pieces: Where it is written.
        wait: Whether the flow waits for the disk, which a live one must not.
        buffer_bytes: How much may wait for the disk.
        clock: Gives the time, s.
    """

    def __init__(
        self,
        pieces: Pieces,
        *,
        wait: bool,
        buffer_bytes: int = BUFFER_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pieces = pieces
        self._clock = clock
        self._buffer = Buffer(buffer_bytes, wait=wait)
        self._losses = Losses()  # what the disk did not take since it took something
        self._overtaken = 0
        self._refused = 0
        self._refused_s = self._synced_s = self._began_s = clock()
        self.audio_s = 0.0
        self.events = 0
        self.lost_blocks = 0
        self.lost_events = 0
        self._thread = Thread(target=self._serve, name="recorder", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def hear(self, source: str, item: object) -> None:
        """Take what a source gave."""
        if isinstance(item, Audio | Failed):
            self._put(Heard(source, item, self._now_s()))

    def tell(self, step: str, item: object) -> None:
        """Take what a step gave."""
        if isinstance(item, Event):
            self._put(Told(step, item, self._now_s()))

    def close(self, timeout_s: float) -> bool:
        """Write what waits, for at most *timeout_s*; return whether that was enough."""
        self._buffer.close()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _now_s(self) -> float:
        return round(self._clock() - self._began_s, 6)

    def _put(self, entry: Entry) -> None:
        if self._buffer.put(entry):
            return
        self._overtaken += 1
        if self._overtaken & (self._overtaken - 1) == 0:  # the 1st, 2nd, 4th, 8th …
            log.warning("the disk is too slow: %d blocks or events are not in the recording", self._overtaken)

    def _serve(self) -> None:
        while (entries := self._buffer.take(SYNC_S)) is not None:
            for entry in entries:
                self._write(entry)
            self._sync()
        self._pieces.close()

    def _write(self, entry: Entry) -> None:
        try:
            for missing in self._losses.take():
                self._pieces.write(missing)
            self._pieces.write(entry)
        except OSError as error:
            self._losses.add(entry)
            self._count_lost(entry)
            if not self._refused:
                log.warning("the recording cannot be written: %s; the flow goes on without it", explain(error))
            self._refused += 1
            self._refused_s = self._clock()
            return
        if self._refused and self._clock() - self._refused_s >= CALM_S:
            log.warning("the recording goes on; %d blocks or events are not in it", self._refused)
            self._refused = 0
        if isinstance(entry, Told):
            self.events += 1
        elif isinstance(entry, Heard) and isinstance(entry.item, Audio):
            self.audio_s += len(entry.item.samples) / entry.item.rate_hz
        else:
            self._count_lost(entry)

    def _count_lost(self, entry: Entry) -> None:
        self.lost_blocks += lost(entry).blocks
        self.lost_events += lost(entry).events

    def _sync(self) -> None:
        if self._clock() - self._synced_s < SYNC_S:
            return
        self._synced_s = self._clock()
        try:
            self._pieces.sync()
        except OSError as error:  # it is written all the same, if nothing else goes wrong
            log.debug("the recording could not be synced: %s", explain(error))
