"""`sqlite_log` has each event in a table at once, once, and waits for a disk or a writer that is in its way."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flowrun.operators.sinks import sqlite_log as module
from flowrun.operators.sinks.sqlite_log import COLUMNS, sqlite_log
from flowrun.schemas.errors import DeliveryError
from flowrun.schemas.ports import Event
from flowrun.schemas.run import Alone


class Later(Alone):
    """A run whose clock the test moves."""

    later = timedelta()

    def now(self) -> datetime:
        return super().now() + self.later


def event(number: int, **more: Any) -> Event:
    return Event(f"e{number}", "mic", "Glass", 0.5, number, number + 1.0, Alone().now(), **more)


def rows(path: Path, columns: str = "id") -> list[Any]:
    database = sqlite3.connect(path)
    found = database.execute(f"SELECT {columns} FROM events ORDER BY rowid").fetchall()
    database.close()
    return [row[0] if len(row) == 1 else row for row in found]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "events.db"


def test_others_read_each_event_while_the_flow_runs(writing: Callable[..., Any], path: Path) -> None:
    sink = writing(sqlite_log, path=path, run=Alone()).write(event(1), event(2))
    assert rows(path, "id, label, score, heard_at, clip, version, added_at")[0] == (
        *("e1", "Glass", 0.5, "2026-01-01T00:00:00.000Z", None, 1),
        "2026-01-01T00:00:00.000Z",
    )
    sink.close()
    assert sink.error is None
    assert [file.name for file in path.parent.iterdir()] == ["events.db"]  # nothing of the WAL is left


def test_an_event_that_comes_again_replaces_its_row(writing: Callable[..., Any], path: Path) -> None:
    writing(sqlite_log, path=path, run=Alone()).write(event(1), event(2)).close()
    writing(sqlite_log, path=path, run=Alone()).write(event(1, clip="a.wav")).close()
    assert sorted(rows(path, "id, clip")) == [("e1", "a.wav"), ("e2", None)]


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("heard_at >= '2026-01-01'", "events_heard_at"),
        ("label = 'Glass' ORDER BY heard_at", "events_label"),
        ("added_at < '2026-01-01'", "events_added_at"),
    ],
)
def test_what_is_asked_for_is_found_by_an_index(
    query: str, index: str, writing: Callable[..., Any], path: Path
) -> None:
    writing(sqlite_log, path=path, run=Alone()).write(event(1)).close()
    database = sqlite3.connect(path)
    (plan,) = database.execute(f"EXPLAIN QUERY PLAN SELECT * FROM events WHERE {query}").fetchall()
    database.close()
    assert f"USING INDEX {index}" in plan[3]


def test_what_is_too_old_goes_when_more_comes_and_at_the_start(writing: Callable[..., Any], path: Path) -> None:
    run = Later()
    sink = writing(sqlite_log, path=path, max_age_s=3600.0, run=run).write(event(1))
    run.later = timedelta(seconds=3599)
    assert rows(path) == ["e1"]
    run.later = timedelta(seconds=3661)
    sink.write(event(2)).close()
    assert rows(path) == ["e2"]
    run.later = timedelta(days=1)
    writing(sqlite_log, path=path, max_age_s=3600.0, run=run).close()
    assert rows(path) == []


def test_a_writer_in_its_way_is_told_once_and_events_wait_for_it(
    writing: Callable[..., Any], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUSY_S", 0.0)
    run = Alone()
    sink = writing(sqlite_log, path=path, run=run)
    other = sqlite3.connect(path)
    other.execute("BEGIN IMMEDIATE")
    sink.write(event(1), event(2))
    other.rollback()
    other.close()
    sink.write(event(3))
    assert rows(path) == ["e1", "e2", "e3"]
    why = f"no events can be written: {path}: database is locked; the latest wait in memory"
    assert run.states == [("failing", why), ("working", "events are written again")]
    sink.close()


def test_a_database_that_is_locked_at_the_start_is_waited_for(
    writing: Callable[..., Any], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUSY_S", 0.0)
    path.parent.mkdir()
    other = sqlite3.connect(path)
    other.execute("BEGIN EXCLUSIVE")
    other.execute("CREATE TABLE theirs (a)")
    sink = writing(sqlite_log, path=path, run=Alone()).write(event(1))
    other.commit()
    other.close()
    sink.write(event(2)).close()
    assert rows(path) == ["e1", "e2"]


def test_a_full_disk_loses_nothing_that_has_room_later(
    writing: Callable[..., Any], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    databases: list[sqlite3.Connection] = []
    ours = module.opened

    def opened(path: Path) -> sqlite3.Connection:
        databases.append(ours(path))
        return databases[-1]

    monkeypatch.setattr(module, "opened", opened)
    run = Alone()
    sink = writing(sqlite_log, path=path, run=run).write(event(0))
    databases[0].execute("PRAGMA max_page_count = 8")
    sink.write(*(event(number, reason="x" * 1000) for number in range(1, 40)))
    assert "database or disk is full" in run.states[0][1]
    databases[0].execute("PRAGMA max_page_count = 1000000")
    sink.write(event(40)).close()
    assert rows(path) == [f"e{number}" for number in range(41)]


def test_what_could_not_be_written_to_the_end_is_an_error(
    writing: Callable[..., Any], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUSY_S", 0.0)
    sink = writing(sqlite_log, path=path, run=Alone())
    other = sqlite3.connect(path)
    other.execute("BEGIN IMMEDIATE")
    sink.write(event(1)).close()
    other.close()
    assert str(sink.error) == "1 events could not be written"


def test_a_file_that_is_no_such_database_is_refused_as_it_is(writing: Callable[..., Any], tmp_path: Path) -> None:
    text, foreign = tmp_path / "notes.txt", tmp_path / "theirs.db"
    text.write_text("no database " * 100)
    other = sqlite3.connect(foreign)
    other.execute("CREATE TABLE events (id, what)")
    other.commit()
    other.close()
    for path, said in ((text, "file is not a database"), (foreign, "its table `events` has no column 'version'")):
        before = path.read_bytes()
        sink = writing(sqlite_log, path=path, run=Alone())
        assert isinstance(sink.error, DeliveryError)
        assert f"{path}: {said}" in str(sink.error)
        assert path.read_bytes() == before


def test_the_columns_are_the_fields_of_an_event(writing: Callable[..., Any], path: Path) -> None:
    writing(sqlite_log, path=path, run=Alone()).close()
    database = sqlite3.connect(path)
    assert tuple(row[1] for row in database.execute("PRAGMA table_info(events)")) == COLUMNS
    database.close()
