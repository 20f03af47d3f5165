"""The file of an outbox: SQLite, in WAL mode, synced at each commit."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flowrun.schemas.errors import DeliveryError

VERSION = 1
TABLES = (
    "CREATE TABLE letter (number INTEGER PRIMARY KEY AUTOINCREMENT, step TEXT NOT NULL, id TEXT NOT NULL,"
    " body BLOB NOT NULL, at REAL NOT NULL, tries INTEGER NOT NULL)",
    "CREATE INDEX letter_of_step ON letter (step, number)",
    "CREATE TABLE dead (number INTEGER PRIMARY KEY, step TEXT NOT NULL, id TEXT NOT NULL, body BLOB NOT NULL,"
    " at REAL NOT NULL, tries INTEGER NOT NULL, died_at REAL NOT NULL, reason TEXT NOT NULL,"
    " retry INTEGER NOT NULL DEFAULT 0)",
    f"PRAGMA user_version = {VERSION}",
)
SIDES = ("", "-wal", "-shm")  # the files of a database
DAMAGED = ("malformed", "not a database", "no such table", "no such column", "unsupported file format")


def connect(path: Path, *, reading: bool = False) -> sqlite3.Connection:
    """Open the database at *path*; not *reading*, it is made where it is missing, for its owner alone.

    Raises:
        sqlite3.Error: it is damaged, or the disk takes nothing.
        OSError: it, or its folder, cannot be made.
        DeliveryError: a newer flowrun has made it.
    """
    if not reading:
        _make(path)
    uri = f"{path.absolute().as_uri()}?mode={'ro' if reading else 'rw'}"
    connection = sqlite3.connect(uri, uri=True, timeout=10, isolation_level=None, check_same_thread=False)
    try:
        _prepare(connection, path, reading)
    except BaseException:
        connection.close()
        raise
    return connection


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file is to blame, and no disk that is full or fails.

    >>> [is_damage(sqlite3.DatabaseError(text)) for text in ("file is not a database", "disk I/O error")]
    [True, False]
    """
    return any(word in str(error) for word in DAMAGED)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Write all that is written inside, durably, or nothing of it."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _prepare(connection: sqlite3.Connection, path: Path, reading: bool) -> None:
    run = connection.execute
    if not reading:
        run("PRAGMA auto_vacuum = INCREMENTAL")  # before anything else; later it says nothing
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = FULL")  # a commit outlasts a power failure
        run("PRAGMA journal_size_limit = 4000000")
    (found,) = run("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise sqlite3.DatabaseError(f"malformed: {found}")
    (version,) = run("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise DeliveryError(f"{path}: a newer flowrun has made it; use that one, or move the file away")
    if version == 0 and not reading:
        with transaction(connection):
            for statement in TABLES:
                run(statement)


def _make(path: Path) -> None:
    """Make an empty file, so that its folder is synced and what SQLite puts beside it is for the owner alone too."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
