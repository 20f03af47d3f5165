"""Lists that people keep as CSV."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple


class Line(NamedTuple):
    """A line of a table: its number in the file, and its values by column, empty where it has none."""

    number: int
    values: dict[str, str]


class Table(NamedTuple):
    """The names of the columns, and the lines below them."""

    columns: tuple[str, ...]
    lines: Sequence[Line]


def read_table(path: Path) -> Table:
    """Return a CSV file that begins with a line of column names.

    Raises:
        ValueError: it is no CSV in UTF-8; with the line.
        OSError: it cannot be read.
    """
    with path.open(encoding="utf-8-sig", newline="") as stream:
        table = csv.DictReader(stream, restval="", strict=True)
        try:
            columns = tuple(table.fieldnames or ())
            lines = [Line(table.line_num, {name: row[name] for name in columns}) for row in table]
        except UnicodeDecodeError:
            raise ValueError(f"{path}: not UTF-8") from None
        except csv.Error as error:
            raise ValueError(f"{path}:{table.line_num}: {error}") from None
    return Table(columns, lines)
