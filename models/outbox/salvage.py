"""A damaged file of an outbox: set aside, and what can be read of it kept."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from flowrun.models.outbox.database import SIDES
from flowrun.models.outbox.letter import DeadLetter, Letter
from flowrun.models.outbox.rows import DEAD, LETTER, dead_of, letter_of


class Salvaged(NamedTuple):
    """Where the damaged file lies now, and what could be read of it."""

    aside: Path
    letters: dict[int, tuple[str, Letter]]
    dead: dict[int, DeadLetter]


def set_aside(path: Path, now: datetime) -> Salvaged:
    """Rename the damaged database at *path*, which nobody has open, and read what is left of it.

    Raises:
        OSError: it cannot be renamed.
    """
    aside = path.with_name(f"{path.name}.corrupt-{now:%Y%m%dT%H%M%SZ}")
    for side in SIDES:
        with suppress(FileNotFoundError):
            path.with_name(path.name + side).rename(aside.with_name(aside.name + side))
    letters = {row[0]: (row[5], letter_of(row)) for row in _rows(aside, f"{LETTER}, step FROM letter") if _whole(row)}
    dead = {
        row[0]: dead_of(row)
        for row in _rows(aside, f"{DEAD} FROM dead")
        if _whole(row) and isinstance(row[6], float) and isinstance(row[7], str)
    }
    return Salvaged(aside, letters, dead)


def _rows(path: Path, columns: str) -> list[tuple[Any, ...]]:
    """Read a table from both ends, as far as the damage."""
    rows: list[tuple[Any, ...]] = []
    for order in ("ASC", "DESC"):
        with suppress(sqlite3.Error), closing(sqlite3.connect(path)) as connection:
            for row in connection.execute(f"SELECT {columns} ORDER BY number {order}"):
                rows.append(row)  # one at a time: what came before an error is kept
    return rows


def _whole(row: tuple[Any, ...]) -> bool:
    """Whether the columns of a letter hold what they should."""
    return tuple(map(type, row[:6])) == (int, str, bytes, float, int, str)
