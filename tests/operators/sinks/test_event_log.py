"""`event_log` has each event in the file of its day at once, and waits for a disk that takes none."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from flowrun.operators.sinks import _waiting
from flowrun.operators.sinks.event_log import event_log
from flowrun.schemas.ports import Event
from flowrun.schemas.run import Alone


def event(number: int, day: int | None = 1) -> Event:
    heard_at = None if day is None else datetime(2026, 11, day, 23, 59, tzinfo=UTC)
    return Event(f"e{number}", "mic", "Glass", 0.5, number, number + 1.0, heard_at)


def test_each_day_has_a_file_that_grows_with_each_event(writing: Callable[..., Any], tmp_path: Path) -> None:
    sink = writing(event_log, folder=tmp_path, run=Alone())
    for number, day in ((1, 1), (2, 1), (3, 2)):
        sink.write(event(number, day))
    assert (tmp_path / "2026-11-01.csv").read_text().splitlines() == [
        "stream,start_s,end_s,label,score,heard_at,clip,reason,id",
        "mic,1,2.0,Glass,0.5,2026-11-01T23:59:00.000Z,,,e1",
        "mic,2,3.0,Glass,0.5,2026-11-01T23:59:00.000Z,,,e2",
    ]
    assert (tmp_path / "2026-11-02.csv").read_text().count("\n") == 2
    sink.close()
    assert sink.error is None


def test_lines_are_json_if_wanted_and_a_time_that_is_not_known_is_now(
    writing: Callable[..., Any], tmp_path: Path
) -> None:
    writing(event_log, folder=tmp_path, format="jsonl", run=Alone()).write(event(1, None)).close()
    (line,) = (tmp_path / "2026-01-01.jsonl").read_text().splitlines()
    assert json.loads(line)["id"] == "e1"


def test_a_disk_that_takes_nothing_is_told_once_and_the_latest_events_wait_for_it(
    writing: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_waiting, "LIMIT", 3)
    run, blocked = Alone(), tmp_path / "log"
    blocked.write_text("no folder")
    sink = writing(event_log, folder=blocked, run=run).write(*[event(n) for n in range(5)])
    blocked.unlink()
    sink.write(event(5))
    rows = (blocked / "2026-11-01.csv").read_text().splitlines()[1:]
    assert [row.rpartition(",")[2] for row in rows] == ["e3", "e4", "e5"]
    assert [state for state, _ in run.states] == ["failing", "working"]
    assert run.states[1][1] == "events are written again, 3 of them are lost"
    assert sink.failures == []


def test_what_could_not_be_written_to_the_end_is_an_error(writing: Callable[..., Any], tmp_path: Path) -> None:
    blocked = tmp_path / "log"
    blocked.write_text("no folder")
    sink = writing(event_log, folder=blocked, run=Alone()).write(event(1)).close()
    assert str(sink.error) == "1 events could not be written"
