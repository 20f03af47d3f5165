"""A file that grows."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


class GrowingFile:
    """A new file; what is added to it is there whole or not at all, also after the process was killed.

    Raises:
        OSError: it cannot be made, or is there already.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("xb", buffering=0)
        self.size = 0

    def append(self, data: bytes) -> None:
        """Add *data*.

        Raises:
            OSError: the disk does not take it; the file is as it was.
        """
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError:
            with suppress(OSError):
                self._file.truncate(self.size)
            self._file.seek(self.size)
            raise
        self.size += len(data)

    def replace(self, offset: int, data: bytes) -> None:
        """Write *data* over what is at *offset*."""
        os.pwrite(self._file.fileno(), data, offset)

    def sync(self) -> None:
        """Have what was added survive a power failure."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
