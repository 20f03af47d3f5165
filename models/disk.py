"""Room on the disk, and the lack of it in one line."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

from flowrun.schemas.errors import ModelError

FULL = (errno.ENOSPC, errno.EDQUOT)


def need_space(folder: Path, count: int) -> None:
    """Refuse to begin what does not fit.

    Args:
        folder: Where it is to be written.
        count: Bytes to be written.

    Raises:
        ModelError: fewer bytes are free.
    """
    free = shutil.disk_usage(folder).free
    if free < count:
        raise ModelError(
            f"{folder}: {megabytes(count)} more are needed, {megabytes(free)} are free; make room and pull again"
        )


def no_space(error: OSError, folder: Path) -> ModelError | None:
    """Return what to tell the user if *error* says that the disk is full."""
    if error.errno not in FULL:
        return None
    return ModelError(f"{folder}: the disk is full; what has come is kept: make room and pull again")


def megabytes(count: int) -> str:
    """Return a number of bytes as people read it.

    >>> megabytes(4_126_810)
    '4.1 MB'
    """
    return f"{count / 1e6:,.1f} MB"
