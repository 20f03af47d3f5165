"""Every sink has the same event: as `schemas/event.schema.json` says, and with the same values."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
import reactivex

from flowrun.models.outbox.letter import Letter, Limits
from flowrun.operators._delivery.delivery import deliver
from flowrun.operators._delivery.link import Refused
from flowrun.operators.sinks.clip_archiver import clip_archiver
from flowrun.operators.sinks.csv import csv as csv_sink
from flowrun.operators.sinks.event_log import event_log
from flowrun.operators.sinks.jsonl import jsonl
from flowrun.operators.sinks.parquet_log import parquet_log
from flowrun.operators.sinks.sqlite_log import sqlite_log
from flowrun.schemas.event import FIELDS, as_data, event_schema, utc
from flowrun.schemas.ports import Audio, Event
from flowrun.schemas.run import Alone

ROOT = Path(__file__).parents[3]
EVENTS = [
    Event("e1", "mic", "Glass, shatter", 0.875, 0.25, 0.5, datetime(2026, 1, 1, 12, tzinfo=UTC), reason="two\nwindows"),
    Event("e2", "mic", "犬", 0.125, 0.5, 0.75),
]
Rows = list[dict[str, Any]]


def written(sink: Callable[..., Any], **config: Any) -> None:
    failed: list[Any] = []
    sink(reactivex.from_iterable(EVENTS), **config).subscribe(failed.append, failed.append)
    assert failed == []


def of_jsonl(folder: Path) -> Rows:
    written(jsonl, path=folder / "events.jsonl")
    return [json.loads(line) for line in (folder / "events.jsonl").read_text("utf-8").splitlines()]


def of_event_log(folder: Path) -> Rows:
    written(event_log, folder=folder, format="jsonl", run=Alone())
    return [json.loads(line) for line in (folder / "2026-01-01.jsonl").read_text("utf-8").splitlines()]


def of_clip_archiver(folder: Path) -> Rows:
    audio = Audio(np.zeros(16000, np.float32), 16000, "mic", last=True)
    told: list[Event] = []
    options: dict[str, Any] = {"folder": folder, "before_s": 0.0, "after_s": 0.1, "run": Alone()}
    clip_archiver(reactivex.of(audio), reactivex.from_iterable(EVENTS), **options).subscribe(told.append)
    (sidecar,) = folder.rglob("*.json")
    rows: Rows = json.loads(sidecar.read_text("utf-8"))["events"]
    assert [row["clip"] for row in rows] == [event.clip for event in told] == [str(sidecar.with_suffix(""))] * 2
    return [row | {"clip": None} for row in rows]


def of_sqlite_log(folder: Path) -> Rows:
    written(sqlite_log, path=folder / "events.db", run=Alone())
    database = sqlite3.connect(folder / "events.db")
    database.row_factory = sqlite3.Row
    rows = [dict(row) for row in database.execute(f"SELECT {', '.join(FIELDS)} FROM events")]
    database.close()
    return rows


def of_parquet_log(folder: Path) -> Rows:
    parquet = pytest.importorskip("pyarrow.parquet")
    written(parquet_log, folder=folder, run=Alone())
    rows: Rows = parquet.ParquetFile(folder / "date=2026-01-01" / "events.parquet").read().to_pylist()
    return [row | {"heard_at": row["heard_at"] and utc(row["heard_at"])} for row in rows]


def of_deliver(folder: Path) -> Rows:
    """What webhook, MQTT, DeviceHive and notify are given to send."""
    bodies: list[bytes] = []

    class Link:
        window = 1
        taken: list[int] = []  # noqa: RUF012 # of this one link

        def open(self) -> None:
            """It is open."""

        def send(self, letter: Letter) -> None:
            bodies.append(letter.body)
            self.taken.append(letter.number)

        def acknowledged(self, timeout_s: float) -> Iterable[tuple[int, Refused | None]]:
            taken = [(number, None) for number in self.taken]
            self.taken.clear()
            return taken

        def idle(self) -> None:
            """It stays open."""

        def close(self) -> None:
            """It is closed."""

    class Run(Alone):
        state_folder = folder

        def left_s(self) -> float:
            return 30.0

    written(deliver, link=Link, run=Run(), limits=Limits())
    return [json.loads(body) for body in bodies]


@pytest.mark.parametrize("rows", [of_jsonl, of_event_log, of_clip_archiver, of_sqlite_log, of_parquet_log, of_deliver])
def test_events_are_as_the_schema_says(rows: Callable[[Path], Rows], tmp_path: Path) -> None:
    schema = json.loads((ROOT / "schemas" / "event.schema.json").read_text("utf-8"))
    found = rows(tmp_path)
    for row in found:
        jsonschema.validate(row, schema | {"additionalProperties": False}, jsonschema.Draft202012Validator)
    assert found == [as_data(event) for event in EVENTS]


@pytest.mark.parametrize("sink", [csv_sink, event_log])
def test_tables_for_people_have_the_fields_as_columns(sink: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "2026-01-01.csv"
    written(csv_sink, path=path) if sink is csv_sink else written(event_log, folder=tmp_path, run=Alone())
    with path.open(newline="", encoding="utf-8") as stream:
        first, second = csv.DictReader(stream)
    assert set(first) == set(FIELDS) - {"version"}
    told = {key: type(as_data(EVENTS[1])[key] or "")(value) for key, value in second.items()}
    assert told == {key: as_data(EVENTS[1])[key] or "" for key in second}
    assert first["heard_at"] == as_data(EVENTS[0])["heard_at"]


def test_the_schema_of_the_package_is_what_is_checked_against() -> None:
    assert event_schema()["properties"] == FIELDS
