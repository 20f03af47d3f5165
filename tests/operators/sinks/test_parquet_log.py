"""`parquet_log` has one whole file for each day, with each event once, whatever has happened to earlier runs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Event as Flag
from typing import Any

import pytest

from flowrun.models.atomic_file import atomic_file
from flowrun.operators.sinks import _parquet_days
from flowrun.operators.sinks._parquet_days import FILE, JOURNAL, ParquetDays
from flowrun.operators.sinks.parquet_log import parquet_log
from flowrun.schemas.event import FIELDS, as_json
from flowrun.schemas.ports import Event
from flowrun.schemas.run import Alone

parquet = pytest.importorskip("pyarrow.parquet", reason="PyArrow is not installed: uv sync --extra parquet")
HEARD_AT = datetime(2026, 11, 1, 23, 59, 59, 500_000, tzinfo=UTC)


def event(number: int, day: int = 1, **more: Any) -> Event:
    return Event(f"e{number}", "mic", "Glass", 0.5, number, number + 1.0, HEARD_AT.replace(day=day), **more)


def rows(path: Path) -> list[dict[str, Any]]:
    return list(parquet.ParquetFile(path).read().to_pylist())


def day(folder: Path, number: int = 1) -> Path:
    return folder / f"date=2026-11-{number:02}"


def test_each_day_has_a_file_of_the_fields_of_an_event(writing: Callable[..., Any], tmp_path: Path) -> None:
    sink = writing(parquet_log, folder=tmp_path, run=Alone()).write(event(1), event(2), event(3, day=2)).close()
    assert sink.error is None
    first, second = rows(day(tmp_path) / FILE)
    assert first == {
        **{"version": 1, "id": "e1", "stream": "mic", "label": "Glass", "score": 0.5, "start_s": 1.0, "end_s": 2.0},
        **{"heard_at": HEARD_AT, "clip": None, "reason": ""},
    }
    assert second["id"] == "e2"
    assert [row["id"] for row in rows(day(tmp_path, 2) / FILE)] == ["e3"]
    columns = parquet.read_schema(day(tmp_path) / FILE)
    assert columns.names == list(FIELDS)
    assert [column.name for column in columns if column.nullable] == ["heard_at", "clip"]


def test_the_folder_is_a_data_set_with_the_day_as_a_column(writing: Callable[..., Any], tmp_path: Path) -> None:
    writing(parquet_log, folder=tmp_path, run=Alone()).write(event(1), event(2, day=2)).close()
    under_way = writing(parquet_log, folder=tmp_path, run=Alone()).write(event(3, day=3))
    found = parquet.read_table(tmp_path).to_pylist()
    under_way.close()
    assert [(row["id"], str(row["date"])) for row in found] == [("e1", "2026-11-01"), ("e2", "2026-11-02")]


def test_a_later_run_adds_to_a_day_and_replaces_what_comes_again(writing: Callable[..., Any], tmp_path: Path) -> None:
    writing(parquet_log, folder=tmp_path, run=Alone()).write(event(1), event(2)).close()
    again = [event(2, clip="a.wav"), event(3), event(3, clip="b.wav")]
    writing(parquet_log, folder=tmp_path, run=Alone()).write(*again).close()
    found = [(row["id"], row["clip"]) for row in rows(day(tmp_path) / FILE)]
    assert found == [("e1", None), ("e2", "a.wav"), ("e3", "b.wav")]


def test_events_are_written_now_and_then_while_the_flow_runs(
    writing: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, merge = Flag(), ParquetDays.merge

    def merged(days: ParquetDays) -> None:
        merge(days)
        if (day(tmp_path) / FILE).exists():
            written.set()

    monkeypatch.setattr(ParquetDays, "merge", merged)
    sink = writing(parquet_log, folder=tmp_path, every_s=0.001, run=Alone()).write(event(1))
    assert written.wait(30)
    assert [row["id"] for row in rows(day(tmp_path) / FILE)] == ["e1"]
    sink.close()


def test_what_a_killed_run_had_is_taken_up_by_the_next(writing: Callable[..., Any], tmp_path: Path) -> None:
    """Killed before the file was written, while a line was, and between the file and the end of its journal."""
    ParquetDays(tmp_path).add("2026-11-01", [as_json(event(1)), as_json(event(2))[:40]])
    writing(parquet_log, folder=tmp_path, run=Alone()).close()
    assert [row["id"] for row in rows(day(tmp_path) / FILE)] == ["e1"]
    ParquetDays(tmp_path).add("2026-11-01", [as_json(event(1)), as_json(event(2))])
    writing(parquet_log, folder=tmp_path, run=Alone()).close()
    assert [row["id"] for row in rows(day(tmp_path) / FILE)] == ["e1", "e2"]
    assert not (day(tmp_path) / JOURNAL).exists()


def test_a_day_that_cannot_be_written_is_told_once_and_its_events_stay(
    writing: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full, told = Flag(), Flag()
    full.set()

    def full_or_not(path: Path, mode: str) -> Any:
        if full.is_set():
            raise OSError(28, "No space left on device", str(path))
        return atomic_file(path, mode)

    class Told(Alone):
        def state(self, *said: Any) -> None:
            super().state(*said)
            told.set()

    monkeypatch.setattr(_parquet_days, "atomic_file", full_or_not)
    run = Told()
    sink = writing(parquet_log, folder=tmp_path, every_s=0.001, run=run).write(event(1))
    assert told.wait(30)
    told.clear()
    full.clear()
    assert told.wait(30)
    why = f"a day cannot be written: {day(tmp_path) / FILE}: No space left on device; its events wait beside it"
    assert run.states == [("failing", why), ("working", "days are written again")]
    sink.close()
    assert [row["id"] for row in rows(day(tmp_path) / FILE)] == ["e1"]


def test_a_file_that_is_none_of_ours_is_left_as_it_is(writing: Callable[..., Any], tmp_path: Path) -> None:
    day(tmp_path).mkdir()
    (day(tmp_path) / FILE).write_text("theirs")
    sink = writing(parquet_log, folder=tmp_path, run=Alone()).write(event(1)).close()
    assert f"{day(tmp_path) / FILE} is no file of ours, move it away" in str(sink.error)
    assert (day(tmp_path) / FILE).read_text() == "theirs"
    assert (day(tmp_path) / JOURNAL).exists()


def test_without_pyarrow_the_remedy_is_told(
    writing: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    sink = writing(parquet_log, folder=tmp_path, run=Alone())
    assert str(sink.error) == "parquet_log needs pyarrow: pip install 'flowrun[parquet]'"
