"""Libraries in C and C++ that talk while they are called.

They write to the process's standard error, which is one for all threads: while it is shut, what any other thread writes
there is lost too. So Python's own, and with it the log, goes by another way.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

STDERR = 2  # where C writes to
_lock = Lock()
_inside = 0  # how many threads are
_kept = -1  # the standard error as it was


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what C code says off the standard error of the process; exceptions are raised as ever.

    Several threads may be inside at once; it is open again when the last has left.
    """
    _shut()
    try:
        yield
    finally:
        _open()


def keep_our_stderr() -> None:
    """Give Python a standard error of its own, which `quiet` does not shut: for a program, at its start."""
    try:
        if sys.stderr.fileno() != STDERR:
            return
    except (AttributeError, ValueError):  # there is none, or it is no file: nothing of C's to keep apart
        return
    sys.stderr.flush()
    # It stays open as long as the process: there is nobody who could close it.
    sys.stderr = open(  # noqa: SIM115
        os.dup(STDERR), "w", buffering=1, encoding=sys.stderr.encoding, errors=sys.stderr.errors, closefd=False
    )


def _shut() -> None:
    global _inside, _kept
    with _lock:
        if _inside == 0:
            sys.stderr.flush()
            _kept = os.dup(STDERR)
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, STDERR)
            os.close(null)
        _inside += 1


def _open() -> None:
    global _inside, _kept
    with _lock:
        _inside -= 1
        if _inside == 0:
            os.dup2(_kept, STDERR)
            os.close(_kept)
            _kept = -1
