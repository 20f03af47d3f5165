"""The SQLite file of a history: opened, made where it is new, set aside where it is damaged."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path

BUSY_S = 5.0  # how long a writer waits for another process
LAYOUT = 1
TABLES = """
CREATE TABLE counter (revision INTEGER NOT NULL);
INSERT INTO counter VALUES (0);
CREATE TABLE event (
    number INTEGER PRIMARY KEY AUTOINCREMENT,  -- in the order in which they were told
    run TEXT NOT NULL,
    id TEXT NOT NULL,
    revision INTEGER NOT NULL,                 -- rises with each change of any event
    kept_at REAL NOT NULL,                     -- s since 1970
    heard_at REAL,
    stream TEXT NOT NULL,
    label TEXT NOT NULL,
    score REAL NOT NULL,
    start_s REAL NOT NULL,
    end_s REAL NOT NULL,
    reason TEXT NOT NULL,
    clip BLOB,                                 -- a path, as bytes: it may be no text
    verdict TEXT CHECK (verdict IN ('right', 'wrong')),
    UNIQUE (run, id)
);
CREATE INDEX event_revision ON event (revision);
CREATE INDEX event_kept_at ON event (kept_at);
CREATE INDEX event_verdict ON event (verdict) WHERE verdict IS NOT NULL;
"""


def opened(file: Path) -> sqlite3.Connection:
    """Return a connection to the history in *file*, which need not be there yet; any thread may use it, one at a time.

    Raises:
        sqlite3.Error: it cannot be opened, or is no history.
        OSError: its folder cannot be made.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(file, timeout=BUSY_S, check_same_thread=False, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")  # a crash of the machine may cost the last second, no more
        connection.execute("BEGIN IMMEDIATE")
        (layout,) = connection.execute("PRAGMA user_version").fetchone()
        if layout == 0:
            for statement in TABLES.split(";\n"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {LAYOUT}")
        connection.execute("COMMIT")
        if layout > LAYOUT:
            raise sqlite3.DatabaseError("a newer flowrun wrote it")
        connection.execute("SELECT max(number), (SELECT revision FROM counter) FROM event").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def set_aside(file: Path, now: datetime) -> Path:
    """Rename the damaged *file*, with what belongs to it, and return its new name."""
    aside = file.with_name(f"{file.name}.damaged-{now:%Y%m%dT%H%M%S}")
    for suffix in ("", "-wal", "-shm"):
        part = file.with_name(file.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    return aside
