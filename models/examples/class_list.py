"""The classes that the labels of examples are indices of."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

AUDIOSET = Path(__file__).parents[1] / "audioset" / "classes.json"
INDEX, NAMES, KEY = "index", ("display_name", "name"), "knowledgegraphid"  # columns, in lower case


class _Row(NamedTuple):
    line: int
    number: int  # the class's index
    name: str
    key: str = ""


def class_list(source: str) -> tuple[str, ...]:
    """Return the names of the classes in the order of their indices.

    In YouTube-8M's vocabulary a name that is missing, or that several classes have, is told apart by its
    KnowledgeGraphId.

    Args:
        source: `audioset`, or the path of a list: AudioSet's class_labels_indices.csv, YouTube-8M's vocabulary.csv,
            or a text with a name on each line.

    Raises:
        ValueError: the list is damaged or names a class twice.
        OSError: it cannot be read.

    >>> class_list("audioset")[:2]
    ('Speech', 'Male speech, man speaking')
    """
    if source == "audioset":
        return _audioset()
    path = Path(source).expanduser()
    data = path.read_bytes()
    try:
        rows = _rows(data.decode("utf-8-sig"))
        _check(rows)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(f"{path}:{line}: not UTF-8") from None
    except ValueError as error:
        raise ValueError(f"{path}:{error}") from None
    return tuple(row.name for row in rows)


@cache
def _audioset() -> tuple[str, ...]:
    return tuple(json.loads(AUDIOSET.read_text("utf-8"))["classes"])


def _rows(text: str) -> list[_Row]:
    """Return the classes in *text*, a table or names, by index."""
    table = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [cell.strip().casefold() for cell in next(table, [])]
    except csv.Error:
        header = []
    named = [column for column in NAMES if column in header]
    if INDEX not in header or not named:
        lines = text.rstrip().splitlines()
        return [_Row(i + 1, i, line.strip()) for i, line in enumerate(lines)]
    try:
        rows = list(_table(table, header, named[0]))
    except csv.Error as error:
        raise ValueError(f"{table.line_num}: {error}") from None
    shared = Counter(row.name for row in rows)
    told_apart = [row._replace(name=_with_key(row)) if shared[row.name] > 1 or not row.name else row for row in rows]
    return sorted(told_apart, key=lambda row: row.number)


def _table(table: Iterator[list[str]], header: list[str], named: str) -> Iterator[_Row]:
    for cells in table:
        line: int = table.line_num  # type: ignore[attr-defined]
        row = dict(zip(header, cells, strict=False))
        if cells and len(cells) != len(header):
            raise ValueError(f"{line}: {len(cells)} cells, not {len(header)} as the header has")
        if cells and not row[INDEX].strip().isdecimal():
            raise ValueError(f"{line}: {row[INDEX]!r} is no index")
        if cells:
            yield _Row(line, int(row[INDEX]), row[named].strip(), row.get(KEY, "").strip())


def _with_key(row: _Row) -> str:
    return f"{row.name} ({row.key})" if row.name and row.key else row.name or row.key


def _check(rows: list[_Row]) -> None:
    if not rows:
        raise ValueError("1: no class is listed")
    seen: dict[str, int] = {}
    for index, row in enumerate(rows):
        if row.number != index:
            fault = f"index {row.number} comes twice" if row.number < index else f"no class has the index {index}"
            raise ValueError(f"{row.line}: {fault}")
        if not row.name:
            raise ValueError(f"{row.line}: a class without a name")
        if row.name in seen:
            raise ValueError(f"{row.line}: {row.name!r} is the class of line {seen[row.name]} already")
        seen[row.name] = row.line
