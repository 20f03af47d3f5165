"""Events with what people said of them, in a file that never grows without bound."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from flowrun.models.history.database import opened
from flowrun.models.history.kept import COLUMNS, Kept, Question, Verdict, kept, values
from flowrun.schemas.ports import Event

EXPIRE_EVERY = timedelta(minutes=1)
AGAIN = ("label", "score", "start_s", "end_s", "heard_at", "reason", "revision")  # what an event may tell anew


@dataclass(frozen=True, slots=True)
class Limits:
    """What a history holds: events of the last *keep_s* seconds, and no more than *keep_events*."""

    keep_s: float
    keep_events: int


class History:
    """The events in *file*, from any thread. One writes at a time; who reads holds no writer up.

    An event that comes again in one run, with its clip for instance, takes its own place. What another run told is
    another event, even where it has the same id: a file that is played twice.

    Raises:
        sqlite3.Error: the file cannot be opened, or is damaged.
        OSError: its folder cannot be made.
    """

    def __init__(self, file: Path, limits: Limits) -> None:
        self._limits = limits
        self._run = uuid4().hex
        self._writer, self._writing = opened(file), Lock()
        self._reader, self._reading = opened(file), Lock()
        self._expire_at: datetime | None = None
        self.latest = self.revision()  # that of this process: cheap to look at

    def add(self, event: Event, now: datetime) -> Kept:
        """Keep *event*, and return it as it is kept."""
        row = values(event) | {"run": self._run, "kept_at": now.timestamp(), "revision": 0}
        names, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
        again = ", ".join(f"{name} = :{name}" for name in AGAIN)
        with self._change() as (sql, revision):
            found = sql.execute(
                f"INSERT INTO event ({names}) VALUES ({marks})"
                f" ON CONFLICT (run, id) DO UPDATE SET {again}, clip = coalesce(:clip, clip) RETURNING {COLUMNS}",
                row | {"revision": revision},
            ).fetchone()
        self.expire(now)
        return kept(found)

    def judge(self, number: int, verdict: Verdict | None) -> Kept | None:
        """Note what somebody said of an event, or that it is taken back; None if the event is not there."""
        with self._change() as (sql, revision):
            found = sql.execute(
                f"UPDATE event SET verdict = ?, revision = ? WHERE number = ? RETURNING {COLUMNS}",
                (verdict, revision, number),
            ).fetchone()
        return kept(found) if found else None

    def get(self, number: int) -> Kept | None:
        """Return an event, if it is there."""
        found = self._read(f"SELECT {COLUMNS} FROM event WHERE number = ?", [number])
        return kept(found[0]) if found else None

    def page(self, question: Question, limit: int) -> list[Kept]:
        """Return the newest of the events that *question* asks for."""
        condition, asked = question.conditions()
        rows = self._read(
            f"SELECT {COLUMNS} FROM event WHERE {condition} ORDER BY number DESC LIMIT ?", [*asked, limit]
        )
        return [kept(row) for row in rows]

    def count(self, question: Question) -> int:
        """Return how many events *question* asks for."""
        condition, asked = question.conditions()
        return int(self._read(f"SELECT count(*) FROM event WHERE {condition}", asked)[0][0])

    def known(self) -> tuple[list[str], list[str]]:
        """Return the labels and the streams that there are events of."""
        labels, streams = (
            [row[0] for row in self._read(f"SELECT DISTINCT {column} FROM event ORDER BY 1 LIMIT 1000", [])]
            for column in ("label", "stream")
        )
        return labels, streams

    def changed(self, after: int, limit: int) -> list[Kept]:
        """Return what has changed since the revision *after*, the first first."""
        rows = self._read(f"SELECT {COLUMNS} FROM event WHERE revision > ? ORDER BY revision LIMIT ?", [after, limit])
        return [kept(row) for row in rows]

    def revision(self) -> int:
        """Return the last revision; 0 while there is no event."""
        return int(self._read("SELECT revision FROM counter", [])[0][0])

    def expire(self, now: datetime) -> None:
        """Forget what is beyond the limits; at most once a minute."""
        if self._expire_at and now < self._expire_at:
            return
        self._expire_at = now + EXPIRE_EVERY
        with self._change() as (sql, _):
            sql.execute("DELETE FROM event WHERE kept_at < ?", [now.timestamp() - self._limits.keep_s])
            sql.execute(
                "DELETE FROM event WHERE number <= (SELECT number FROM event ORDER BY number DESC LIMIT 1 OFFSET ?)",
                [self._limits.keep_events],
            )

    def close(self) -> None:
        """Let go of the file."""
        for connection, lock in ((self._reader, self._reading), (self._writer, self._writing)):
            with lock:
                connection.close()

    @contextmanager
    def _change(self) -> Iterator[tuple[sqlite3.Connection, int]]:
        """Give the writer, inside a transaction, and the revision of the change."""
        with self._writing:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                statement = "UPDATE counter SET revision = revision + 1 RETURNING revision"
                yield self._writer, int(self._writer.execute(statement).fetchall()[0][0])
                self._writer.execute("COMMIT")
                self.latest += 1
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise

    def _read(self, statement: str, asked: list[Any]) -> list[tuple[Any, ...]]:
        with self._reading:
            return self._reader.execute(statement, asked).fetchall()


def history_file(folder: Path, flow: str) -> Path:
    """Return the history of *flow*, given the folder for the state of flows.

    >>> history_file(Path("state"), "glass/break alert").as_posix()
    'state/history/glass%2Fbreak alert.sqlite'
    """
    return folder / "history" / f"{quote(flow or 'flow', safe=' ')[:200]}.sqlite"
