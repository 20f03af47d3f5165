"""A history keeps events and what people said of them, and never grows without bound."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest

from flowrun.models.history.database import opened, set_aside
from flowrun.models.history.history import History, Limits
from flowrun.models.history.kept import Question
from tests.served_page import event

NOW = datetime(2026, 5, 1, 6, 30, tzinfo=UTC)
ALL = Question()


def history(folder: Path, keep_s: float = 1e9, keep_events: int = 1000) -> History:
    return History(folder / "history" / "alert.sqlite", Limits(keep_s, keep_events))


def test_what_was_kept_outlives_the_process(tmp_path: Path) -> None:
    first = history(tmp_path)
    told = first.add(event(clip="/clips/a.wav", reason="why"), NOW)
    first.judge(told.number, "right")
    first.close()
    (found,) = history(tmp_path).page(ALL, 10)
    assert (found.event, found.kept_at, found.verdict) == (event(clip="/clips/a.wav", reason="why"), NOW, "right")


def test_an_event_told_again_in_a_run_is_the_same_and_in_another_run_another(tmp_path: Path) -> None:
    """A file that is played twice gives the same ids, but was heard twice."""
    first = history(tmp_path)
    number = first.add(event(), NOW).number
    again = first.add(event(clip="/a.wav", score=0.95), NOW)
    assert (again.number, again.event.score, again.event.clip) == (number, 0.95, "/a.wav")
    assert first.add(event(), NOW).event.clip == "/a.wav", "a clip that is known is not forgotten"
    first.close()
    second = history(tmp_path)
    second.add(event(), NOW)
    assert second.count(ALL) == 2


def test_the_old_and_the_many_are_forgotten(tmp_path: Path) -> None:
    kept = history(tmp_path, keep_s=100.0, keep_events=3)
    for i in range(10):
        kept.add(event(str(i)), NOW + timedelta(seconds=i))
    kept.expire(NOW + timedelta(minutes=1, seconds=1))
    assert [found.event.id for found in kept.page(ALL, 10)] == ["9", "8", "7"]
    kept.expire(NOW + timedelta(minutes=3))
    assert kept.count(ALL) == 0


def test_each_change_has_a_revision_of_its_own(tmp_path: Path) -> None:
    """Also when the last change is of an event that is gone: who has seen it misses nothing."""
    kept = history(tmp_path, keep_s=100.0)
    old = kept.add(event("old"), NOW)
    new = kept.add(event("new"), NOW + timedelta(seconds=90))
    judged = kept.judge(old.number, "wrong")
    assert judged is not None
    assert old.revision < new.revision < judged.revision
    kept.expire(NOW + timedelta(seconds=120))
    assert kept.add(event("newer"), NOW + timedelta(seconds=121)).revision > judged.revision
    assert [found.event.id for found in kept.changed(judged.revision, 10)] == ["newer"]


def test_names_that_are_no_text_are_kept(tmp_path: Path) -> None:
    kept = history(tmp_path)
    found = kept.add(event(stream="a\udcff.wav", clip="/clips/a\udcff.wav"), NOW)
    assert found.event.stream == "a\\udcff.wav"
    assert found.event.clip == "/clips/a\udcff.wav", "a path leads where it led"


def test_threads_write_and_read_at_the_same_time(tmp_path: Path) -> None:
    kept = history(tmp_path)

    def add(first: int) -> None:
        for i in range(first, first + 25):
            kept.add(event(str(i)), NOW)
            kept.page(ALL, 5)

    threads = [Thread(target=add, args=(100 * i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kept.count(ALL) == 100
    assert len({found.revision for found in kept.changed(0, 200)}) == 100


def test_a_damaged_file_is_refused_and_can_be_set_aside(tmp_path: Path) -> None:
    file = tmp_path / "history" / "alert.sqlite"
    file.parent.mkdir()
    file.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    with pytest.raises(sqlite3.DatabaseError):
        opened(file)
    aside = set_aside(file, NOW)
    assert aside.name == "alert.sqlite.damaged-20260501T063000"
    assert aside.read_bytes().startswith(b"SQLite format 3\0\xff")
    assert history(tmp_path).count(ALL) == 0


def test_a_file_of_a_newer_flowrun_is_left_alone(tmp_path: Path) -> None:
    kept = history(tmp_path)
    kept.close()
    file = tmp_path / "history" / "alert.sqlite"
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(sqlite3.DatabaseError, match="newer flowrun"):
        opened(file)
