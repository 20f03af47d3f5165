"""What waits to be written: bounded, so that a slow disk costs neither memory nor sound."""

from __future__ import annotations

from threading import Condition

from flowrun.runtime.recording.entries import Entry, Heard, Losses
from flowrun.schemas.ports import Audio

ENTRY_BYTES = 500  # of an entry beside its samples, about


class Buffer:
    """Entries on their way to the disk.

    Args:
        max_bytes: How much may wait.
        wait: Whether who puts an entry waits for room. Without, the entry is lost when there is none, which is noted
            in its place.
    """

    def __init__(self, max_bytes: int, *, wait: bool) -> None:
        self._max_bytes = max_bytes
        self._wait = wait
        self._changed = Condition()
        self._entries: list[Entry] = []
        self._bytes = 0
        self._losses = Losses()
        self._closed = False

    def put(self, entry: Entry) -> bool:
        """Add *entry*; return False if there was no room. After `close` nothing is taken."""
        size = bytes_of(entry)
        with self._changed:
            while self._wait and self._full(size) and not self._closed:
                self._changed.wait()
            if self._closed:
                return True
            if self._full(size):
                self._losses.add(entry)
                return False
            self._entries += [*self._losses.take(), entry]
            self._bytes += size
            self._changed.notify_all()
            return True

    def _full(self, size: int) -> bool:
        return bool(self._entries) and self._bytes + size > self._max_bytes

    def take(self, timeout_s: float) -> list[Entry] | None:
        """Wait for entries and return all there are, after *timeout_s* none; None once closed and empty."""
        with self._changed:
            if not self._entries and not self._closed:
                self._changed.wait(timeout_s)
            entries, self._entries, self._bytes = self._entries, [], 0
            self._changed.notify_all()
            return None if self._closed and not entries else entries

    def close(self) -> None:
        """Take no more; what waits can still be taken."""
        with self._changed:
            self._entries += self._losses.take()
            self._closed = True
            self._changed.notify_all()


def bytes_of(entry: Entry) -> int:
    """Return about how much memory *entry* takes."""
    block = isinstance(entry, Heard) and entry.item
    return ENTRY_BYTES + (block.samples.nbytes if isinstance(block, Audio) else 0)
