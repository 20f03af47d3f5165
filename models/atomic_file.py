"""Files that are there whole or not at all: written aside, synced, renamed."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any


def part_of(path: Path) -> Path:
    """Return where *path* is written until it is complete, in the same folder."""
    return path.with_name(f".{path.name}.part")


def commit(stream: IO[Any], path: Path) -> None:
    """Sync *stream*, which writes `part_of(path)`, and let it take the place of *path*."""
    stream.flush()
    os.fsync(stream.fileno())
    stream.close()
    part_of(path).replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def regular(path: Path) -> Path:
    """Return the file that *path* is, or leads to, or may become.

    Raises:
        OSError: it is a folder, a pipe or a device, whose place no file should take.
    """
    real = Path(os.path.realpath(path))
    if real.exists() and not real.is_file():
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return real


@contextmanager
def atomic_file(path: Path, mode: str = "w") -> Iterator[IO[Any]]:
    """Open *path* for writing; it appears when the block ends well, and is as it was when it does not.

    A link stays a link, and a file that is replaced hands on its permissions.

    Raises:
        OSError: the folder cannot be made or written, or *path* is not a regular file.
    """
    path = regular(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = part_of(path)
    stream = part.open(mode) if "b" in mode else part.open(mode, encoding="utf-8", newline="")
    try:
        if path.exists():
            part.chmod(path.stat().st_mode & 0o777)
        yield stream
        commit(stream, path)
    except BaseException:
        stream.close()
        part.unlink(missing_ok=True)
        raise
