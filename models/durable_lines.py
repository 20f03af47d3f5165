"""Lines that stay once they are added to a file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path


def append_lines(path: Path, lines: Sequence[str], heading: str = "", *, sync: bool = True) -> None:
    """Add *lines* to the file at *path*, all of them or none; a new file begins with the *heading*, if that is a line.

    When it returns they survive the end of the process and, with *sync*, that of the machine. A last line that a crash
    has left without an end gets one.

    Raises:
        OSError: the disk does not take them; the file is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b", buffering=0) as file:
        before = file.seek(0, os.SEEK_END)
        if sync and not before:
            lines = [heading, *lines] if heading else lines
        data = "".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace")
        if before:
            file.seek(before - 1)
            data = data if file.read(1) == b"\n" else b"\n" + data
        try:
            while data:
                data = data[file.write(data) :]
            if sync:
                os.fsync(file.fileno())
        except OSError:
            file.truncate(before)
            raise
    if not before:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
