"""A text table that holds each stream's rows exactly once, however often the run is interrupted and repeated.

Rows gather in a file aside. At the end they become the table or, with *append*, replace their streams' rows in it.
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import IO

from flowrun.models.atomic_file import atomic_file
from flowrun.schemas.errors import DeliveryError


class TableFile:
    """One table being written.

    Args:
        path: Where the table appears once it is complete.
        stream_of: Returns the stream of a row.
        append: Keep the rows of streams that this run does not touch, also those of a run that was killed.

    Raises:
        DeliveryError: another run writes the same table.
    """

    def __init__(self, path: Path, stream_of: Callable[[str], str], *, append: bool) -> None:
        self._path = path
        self._stream_of = stream_of
        self._append = append
        self._aside = path.with_name(f".{path.name}.rows")  # its first line is the header, which may be empty
        self._streams: set[str] = set()
        self._rows: IO[str] | None = None
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = path.with_name(f".{path.name}.lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise DeliveryError(f"{path}: another run is writing it") from None
        if append and self._aside.exists():
            header, rows = _read(self._aside)
            self._streams = {stream_of(row) for row in rows}
            self._merge(header)
            self._streams = set()

    @property
    def begun(self) -> bool:
        """Whether there is a header."""
        return self._rows is not None

    def begin(self, header: str) -> None:
        """Start the table with its header line, or none where that is empty."""
        self._rows = self._aside.open("w", encoding="utf-8", newline="")
        self._rows.write(header + "\n")

    def add(self, stream: str, row: str) -> None:
        """Add a row, a line without its end."""
        assert self._rows is not None, "begin comes first"
        self._streams.add(stream)
        self._rows.write(row + "\n")

    def flush(self) -> None:
        """Let what was added survive the end of the process."""
        if self._rows:
            self._rows.flush()

    def close(self, header: str) -> None:
        """Put the table in its place; *header* is its header line if no row came."""
        if not self._rows:
            self.begin(header)
        assert self._rows is not None
        self._rows.close()
        self._merge(_read(self._aside)[0])
        self._unlock()

    def abort(self) -> None:
        """Leave the rows so far beside the table, which stays as it was."""
        if self._rows:
            self._rows.close()
        self._unlock()

    def _merge(self, header: str) -> None:
        with atomic_file(self._path) as out:
            if header:
                out.write(header + "\n")
            if self._append and self._path.exists():
                first, rows = _read(self._path)
                kept = rows if first == header else chain([first], rows)
                out.writelines(f"{row}\n" for row in kept if self._stream_of(row) not in self._streams)
            out.writelines(f"{row}\n" for row in _read(self._aside)[1])
        self._aside.unlink()

    def _unlock(self) -> None:
        Path(self._lock.name).unlink(missing_ok=True)
        self._lock.close()


def _read(path: Path) -> tuple[str, Iterator[str]]:
    """Return the first line of *path* and the others, without their ends; a line that breaks off is left out."""
    lines = _whole_lines(path)
    return next(lines, ""), lines


def _whole_lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8", newline="") as stream:
        for line in stream:
            if line.endswith("\n"):
                yield line[:-1]
