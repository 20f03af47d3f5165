"""The pieces of a recording, one after the other."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

from flowrun.runtime.recording.entries import Entry, Lost, Told
from flowrun.runtime.recording.piece import Piece
from flowrun.schemas.ports import Failed

PIECE_S = 60.0


class Pieces:
    """Writes pieces into *folder*.

    Args:
        folder: Where they go; it is there.
        piece_s: After so long, or so much sound of a stream, the next begins.
        clock: Gives the time, s.
    """

    def __init__(self, folder: Path, piece_s: float = PIECE_S, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._piece_s = piece_s
        self._clock = clock
        self._piece: Piece | None = None
        self._free = count()
        self._numbers: dict[tuple[str, str, int], int] = {}  # of the streams that go on
        self.count = 0

    def write(self, entry: Entry) -> None:
        """Add *entry*.

        Raises:
            OSError: the disk does not take it; what was added before is as it was.
        """
        piece = self._current()
        if isinstance(entry, Lost):
            piece.lost(entry)
            if entry.last:
                ended = [key for key in self._numbers if key[:2] == (entry.name, entry.stream)]
                for key in ended:
                    del self._numbers[key]
        elif isinstance(entry, Told):
            piece.event(entry)
        elif isinstance(entry.item, Failed):
            piece.failed(entry.source, entry.item, entry.arrived_s)
        else:
            key = (entry.source, entry.item.stream, entry.item.rate_hz)
            if key not in self._numbers:
                self._numbers[key] = next(self._free)
            piece.block(self._numbers[key], entry.source, entry.item, entry.arrived_s)
            if entry.item.last:
                del self._numbers[key]

    def sync(self) -> None:
        """Have what was added survive a power failure.

        Raises:
            OSError: it may not.
        """
        if self._piece:
            self._piece.sync()

    def close(self) -> None:
        """Complete the piece under way; nothing more will come."""
        if self._piece:
            self._piece.close()
        self._piece = None

    def _current(self) -> Piece:
        piece = self._piece
        if piece and max(self._clock() - piece.began_s, piece.longest_s) >= self._piece_s:
            self.close()
        if not self._piece:
            self._piece = Piece(self._folder / f"{self.count + 1:06}", self._clock())
            self.count += 1
        return self._piece
