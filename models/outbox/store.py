"""What is asked of the file of an outbox, and written to it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from flowrun.models.outbox.database import connect, transaction
from flowrun.models.outbox.letter import DeadLetter, Letter
from flowrun.models.outbox.rows import DEAD, LETTER, Changes, Removed, dead_of, letter_of

Table = Literal["letter", "dead"]


class Store:
    """The open file, for one thread at a time; see `connect` for what it raises."""

    def __init__(self, path: Path, *, reading: bool = False) -> None:
        self._connection = connect(path, reading=reading)

    def write(self, changes: Changes, now: datetime) -> list[Removed]:
        """Write *changes*, all of them or none; when it returns they outlast a power failure.

        Returns:
            The letters that wait no longer.
        """
        rows = [(x.number, step, x.id, x.body, x.at.timestamp(), x.tries) for step, x in changes.letters]
        dead = [(now.timestamp(), reason, number) for number, reason in changes.dead]
        gone = [*changes.gone, *(number for number, _ in changes.dead)]
        many = self._connection.executemany
        with transaction(self._connection):
            many("INSERT OR REPLACE INTO letter (number, step, id, body, at, tries) VALUES (?, ?, ?, ?, ?, ?)", rows)
            many("DELETE FROM dead WHERE number = ?", _column(changes.revived))
            many("UPDATE letter SET tries = tries + 1 WHERE number = ?", _column(changes.tried))
            many(
                "INSERT OR REPLACE INTO dead (number, step, id, body, at, tries, died_at, reason)"
                " SELECT number, step, id, body, at, tries + 1, ?, ? FROM letter WHERE number = ?",
                dead,
            )
            return self._remove(gone, "letter")

    def bring_back(self, dead: Iterable[DeadLetter]) -> None:
        """Put dead letters where they were, as those of a damaged file."""
        rows = [
            (
                x.number,
                one.step,
                x.id,
                x.body,
                x.at.timestamp(),
                x.tries,
                one.died_at.timestamp(),
                one.reason,
                one.retry,
            )
            for one in dead
            for x in (one.letter,)
        ]
        with transaction(self._connection):
            self._connection.executemany("INSERT OR REPLACE INTO dead VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def after(self, step: str, number: int, count: int) -> list[Letter]:
        """Return the first *count* letters of *step* behind *number*."""
        sql = f"SELECT {LETTER} FROM letter WHERE step = ? AND number > ? ORDER BY number LIMIT ?"
        return [letter_of(row) for row in self._all(sql, step, number, count)]

    def last_number(self) -> int:
        """Return the highest number that was ever given."""
        (given,) = self._one("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'letter'")
        (dead,) = self._one("SELECT coalesce(max(number), 0) FROM dead")
        return int(max(given, dead))

    def totals(self, table: Table = "letter") -> dict[str, tuple[int, int]]:
        """Return how many letters there are of each step, and how many bytes."""
        rows = self._all(f"SELECT step, count(*), sum(length(body)) FROM {table} GROUP BY step")
        return {step: (count, size) for step, count, size in rows}

    def waiting(self) -> list[tuple[str, Letter]]:
        """Return all letters with their steps, oldest first."""
        return [(row[5], letter_of(row)) for row in self._all(f"SELECT {LETTER}, step FROM letter ORDER BY number")]

    def dead(self) -> list[DeadLetter]:
        """Return the dead letters, oldest first."""
        rows = self._all(f"SELECT {DEAD} FROM dead ORDER BY number")
        return [dead_of(row) for row in rows]

    def drop_old(self, step: str, before: datetime, below: float, table: Table = "letter") -> list[Removed]:
        """Remove what was put, or died, *before* that time and has a number *below* that."""
        column = "at" if table == "letter" else "died_at"
        sql = f"SELECT number FROM {table} WHERE step = ? AND {column} < ? AND number < ?"
        return self.discard((row[0] for row in self._all(sql, step, before.timestamp(), below)), table)

    def drop_first(self, step: str, size: int, table: Table = "letter") -> list[Removed]:
        """Remove the oldest letters of *step* until *size* bytes are gone."""
        numbers: list[int] = []
        for number, length in self._connection.execute(
            f"SELECT number, length(body) FROM {table} WHERE step = ? ORDER BY number", (step,)
        ):
            if size <= 0:
                break
            numbers.append(number)
            size -= length
        return self.discard(numbers, table)

    def discard(self, numbers: Iterable[int], table: Table = "dead") -> list[Removed]:
        """Remove letters; return those that were there."""
        with transaction(self._connection):
            return self._remove(numbers, table)

    def mark(self, numbers: Iterable[int]) -> None:
        """Have dead letters put into the outbox again by whoever runs the flow, now or later."""
        with transaction(self._connection):
            self._connection.executemany("UPDATE dead SET retry = 1 WHERE number = ?", _column(numbers))

    def version(self) -> int:
        """Return a number that changes when another process has written the file."""
        return int(self._one("PRAGMA data_version")[0])

    def give_back(self) -> None:
        """Give pages that are no longer used back to the disk, some at a time."""
        self._all("PRAGMA incremental_vacuum(1000)")

    def close(self) -> None:
        """Close the file; what its log holds moves into it."""
        self._connection.close()

    def _remove(self, numbers: Iterable[int], table: Table) -> list[Removed]:
        sql = f"DELETE FROM {table} WHERE number = ? RETURNING step, length(body)"
        return [Removed(*row) for number in numbers for row in self._all(sql, number)]

    def _all(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql, values).fetchall()

    def _one(self, sql: str) -> tuple[Any, ...]:
        row: tuple[Any, ...] = self._connection.execute(sql).fetchone()
        return row


def _column(numbers: Iterable[int]) -> list[tuple[int]]:
    return [(number,) for number in numbers]
