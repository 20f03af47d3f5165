"""One process at a time for an outbox."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

from flowrun.schemas.errors import DeliveryError


class Holder:
    """Holds `FILE.lock`; the system lets go of it when the process ends, however it ends.

    The file itself is not locked: SQLite has locks on it, which end when anybody in the process closes it.

    Raises:
        DeliveryError: another process holds it.
        OSError: it cannot be made.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file: IO[bytes] = path.with_name(f"{path.name}.lock").open("a+b")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.seek(0)
            who = self._file.read(20).decode("ascii", "replace").strip()
            self._file.close()
            raise DeliveryError(
                f"{path}: process {who or '?'} uses this outbox; stop it, give the flow another `name`, or set "
                "FLOWRUN_STATE to another folder"
            ) from None
        self._file.truncate(0)
        self._file.write(f"{os.getpid()}\n".encode())
        self._file.flush()

    def close(self) -> None:
        """Let go."""
        fcntl.flock(self._file, fcntl.LOCK_UN)  # closing alone would not do it where a forked child has the file too
        self._file.close()
