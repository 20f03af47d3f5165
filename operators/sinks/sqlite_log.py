"""What happened, in a database."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from reactivex import Observable

from flowrun.models.atomic_file import regular
from flowrun.operators.sinks._waiting import Waiting
from flowrun.schemas.errors import DeliveryError
from flowrun.schemas.event import FIELDS, as_data, utc
from flowrun.schemas.kernel import Sink, write_to
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Event
from flowrun.schemas.run import Run
from flowrun.schemas.spec import operator

BUSY_S = 5.0  # how long another program may write before that is told
EXPIRE_EVERY = timedelta(minutes=1)
COLUMNS = (*FIELDS, "added_at")
SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
    version INTEGER NOT NULL,
    id TEXT NOT NULL PRIMARY KEY,
    stream TEXT NOT NULL,
    label TEXT NOT NULL,
    score REAL NOT NULL,
    start_s REAL NOT NULL,
    end_s REAL NOT NULL,
    heard_at TEXT,
    clip TEXT,
    reason TEXT NOT NULL,
    added_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS events_heard_at ON events (heard_at);
CREATE INDEX IF NOT EXISTS events_label ON events (label, heard_at);
CREATE INDEX IF NOT EXISTS events_added_at ON events (added_at);
"""
PUT = f"INSERT OR REPLACE INTO events ({', '.join(COLUMNS)}) VALUES ({', '.join(f':{column}' for column in COLUMNS)})"


@operator
def sqlite_log(
    events: Observable[Event],
    *,
    path: Path,
    max_age_s: Annotated[float | None, Field("s", gt=0)] = None,
    run: Run,
) -> Sink:
    """Add each event, as soon as it comes, to the table `events` of an SQLite database.

    Its columns are the fields of an event, and `added_at`. What was added stays, also after a crash or a power cut. An
    event that comes again, by its id, replaces its row. Other programs may read meanwhile; while the disk takes
    nothing, or another program writes for longer than 5 s, which is told once, the latest 10,000 events wait in memory.

    Args:
        path: The database; one that exists is added to, and its other tables are left alone.
        max_age_s: Events that were added longer ago are removed, at the start and when another comes, once a minute at
            most. The room they had is used again.
    """
    return write_to(events, lambda: _Log(regular(path), max_age_s, run))


class _Log:
    def __init__(self, path: Path, max_age_s: float | None, run: Run) -> None:
        self._path, self._run = path, run
        self._max_age = None if max_age_s is None else timedelta(seconds=max_age_s)
        self._expire_at = run.now()
        self._waiting: Waiting[None, dict[str, Any]] = Waiting(self._add, run, (OSError, DeliveryError))
        self._database: sqlite3.Connection | None = None
        with suppress(OSError, sqlite3.OperationalError):  # locked or full: the first event tells it, and waits
            self._put([])

    def write(self, event: Event) -> None:
        self._waiting.put(None, as_data(event) | {"added_at": utc(self._run.now())})

    def close(self) -> None:
        try:
            self._waiting.close()
        finally:
            self._let_go()

    def abort(self) -> None:
        self._waiting.flush()
        self._let_go()

    def _add(self, _: None, rows: Sequence[dict[str, Any]]) -> None:
        try:
            self._put(rows)
        except sqlite3.Error as error:
            raise DeliveryError(f"{self._path}: {error}") from error

    def _put(self, rows: Sequence[dict[str, Any]]) -> None:
        self._database = self._database or opened(self._path)
        now = self._run.now()
        oldest = utc(now - self._max_age) if self._max_age and now >= self._expire_at else None
        with self._database as transaction:
            transaction.executemany(PUT, rows)
            if oldest:
                transaction.execute("DELETE FROM events WHERE added_at < ?", (oldest,))
        if oldest:
            self._expire_at = now + EXPIRE_EVERY

    def _let_go(self) -> None:
        if self._database:
            self._database.close()
            self._database = None


def opened(path: Path) -> sqlite3.Connection:
    """Return a connection to the database at *path*, which has the table.

    Raises:
        DeliveryError: it is no database, or has another table of that name.
        sqlite3.OperationalError: it is locked, full or not to be written now.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Built on one thread, written on another, one at a time.
    database = sqlite3.connect(path, timeout=BUSY_S, check_same_thread=False)
    try:
        found = {row[1] for row in database.execute("PRAGMA table_info(events)").fetchall()}
        if missing := [column for column in COLUMNS if found and column not in found]:
            raise DeliveryError(f"{path}: its table `events` has no column {missing[0]!r}: name another file")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.executescript(SCHEMA)
    except sqlite3.OperationalError:
        database.close()
        raise
    except sqlite3.DatabaseError as error:
        database.close()
        raise DeliveryError(f"{path}: {error}: name another file, or move this one away") from None
    except BaseException:
        database.close()
        raise
    return database
