"""A text table that holds each stream's rows exactly once, however often the run is interrupted and repeated.

Rows gather in a file aside. At the end they become the table or, with *append*, replace their streams' rows in it.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TextIO

from flowrun.models.atomic_file import atomic_file, regular
from flowrun.schemas.errors import DeliveryError


class TableFile:
    """One table being written.

    Args:
        path: Where the table appears once it is complete.
        stream_of: Returns the stream of a row, or None for a row that is none of ours.
        append: Keep the rows of streams that this run does not touch, also those of a run that was killed.

    Raises:
        DeliveryError: another run writes the same table.
        OSError: the folder cannot be written.
    """

    def __init__(self, path: Path, stream_of: Callable[[str], str | None], *, append: bool) -> None:
        self._path = regular(path)
        self._stream_of = stream_of
        self._append = append
        self._begun = False
        self._streams: set[str | None] = set()  # those whose rows in the table are replaced
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._aside = self._path.with_name(f".{self._path.name}.rows")  # its first line is the header, perhaps empty
        self._rows = _owned(self._aside)
        if append and self._aside.stat().st_size:
            self._streams = {stream_of(row) for row in _lines(self._aside, skip=1)}
            self._merge(_first_line(self._aside))
            self._streams = set()
        self._rows.truncate(0)

    def begin(self, header: str) -> None:
        """Start the table with its header line; empty for a table without one.

        Raises:
            DeliveryError: the table that is to grow has other columns.
        """
        found = _first_line(self._path) if self._append and header else ""
        if found and found != header:
            raise DeliveryError(f"{self._path}: has the columns {found}, not {header}: write another file")
        self._begun = True
        self._rows.write(header + "\n")

    def add(self, stream: str, row: str) -> None:
        """Add a row, a line without its end."""
        self._streams.add(stream)
        self._rows.write(row + "\n")

    def end(self, stream: str) -> None:
        """Let the rows of *stream*, perhaps none, survive the end of the process."""
        self._streams.add(stream)
        self._rows.flush()

    def close(self, header: str) -> None:
        """Put the table in its place; *header* is its header line if no row came."""
        try:
            if not self._begun:
                self.begin((self._append and _first_line(self._path)) or header)
            self._rows.flush()
            self._merge(_first_line(self._aside))
            self._aside.unlink()
        finally:
            self.abort()

    def abort(self) -> None:
        """Leave the rows so far beside the table, which stays as it was."""
        with suppress(OSError):  # the disk is full, say: that has been told
            if not self._streams:
                self._aside.unlink(missing_ok=True)
            self._rows.close()

    def _merge(self, header: str) -> None:
        with atomic_file(self._path) as out:
            out.write(f"{header}\n" if header else "")
            if self._append:
                kept = _lines(self._path, skip=1 if header else 0)
                out.writelines(f"{row}\n" for row in kept if self._stream_of(row) not in self._streams)
            out.writelines(f"{row}\n" for row in _lines(self._aside, skip=1))


def _owned(path: Path) -> TextIO:
    """Open *path* for adding to, for this process alone; the system lets go of it however the process ends."""
    stream = path.open("a", encoding="utf-8", newline="\n")
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(stream.fileno()).st_ino == path.stat().st_ino:  # else its owner has just finished with it
            return stream
    except OSError:
        pass
    stream.close()
    raise DeliveryError(f"{path.name.removeprefix('.').removesuffix('.rows')}: another run is writing it")


def _lines(path: Path, skip: int = 0) -> Iterator[str]:
    """Yield the lines of *path* without their ends, if it exists; a last line that breaks off is left out."""
    if path.exists():
        with path.open(encoding="utf-8", newline="\n") as stream:
            yield from (line[:-1] for line in islice(stream, skip, None) if line.endswith("\n"))


def _first_line(path: Path) -> str:
    return next(_lines(path), "")
