"""`csv` writes one row per prediction, level, event or dead letter; any label survives."""

from __future__ import annotations

import csv as table
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowrun.operators.sinks.csv import csv, line, stream_of
from flowrun.schemas.ports import Event, Levels, Rejected, StreamEnd, Windows

EVENT = Event("id1", "a.wav", "Glass", 0.87654, 1.0, 2.5, datetime(2026, 1, 1, tzinfo=UTC), None, "why")


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(table.DictReader(stream))


def test_a_prediction_is_a_row(tmp_path: Path, writing: Any, predictions: Callable[..., Any]) -> None:
    item = predictions("a.wav", [("Dog", 0.83456), ("Cat", 0.1)], [], [("Owl", 1.0)])
    writing(csv, path=tmp_path / "t.csv").write(item).close()
    assert (tmp_path / "t.csv").read_text() == (
        "stream,start_s,end_s,label,score\na.wav,0.0,1.0,Dog,0.8346\na.wav,0.0,1.0,Cat,0.1\na.wav,1.0,2.0,Owl,1.0\n"
    )


@pytest.mark.parametrize(
    ("item", "row"),
    [
        (EVENT, "a.wav,1.0,2.5,Glass,0.8765,2026-01-01T00:00:00.000Z,,why,id1"),
        (Rejected("files", "a.wav", "has, no samples", 0.5), 'a.wav,0.5,files,"has, no samples"'),
        (
            Levels(Windows("a.wav", np.array([0.5]), 1.0, 1.0), np.array([-20.126], np.float32), "dBFS"),
            "a.wav,0.5,1.5,-20.13,dBFS",
        ),
    ],
    ids=["event", "dead letter", "level"],
)
def test_other_items_have_columns_of_their_own(tmp_path: Path, writing: Any, item: Any, row: str) -> None:
    writing(csv, path=tmp_path / "t.csv").write(item).close()
    header, got = (tmp_path / "t.csv").read_text().splitlines()
    assert got == row
    assert len(read(tmp_path / "t.csv")[0]) == header.count(",") + 1


def test_labels_with_commas_quotes_and_line_ends_are_read_back(
    tmp_path: Path, writing: Any, predictions: Callable[..., Any]
) -> None:
    labels = ["Bark, howl", 'The "big" one', "two\nlines\r", "=1+1", "犬"]
    item = predictions('a,"b".wav', [(label, 0.5) for label in labels])
    writing(csv, path=tmp_path / "t.csv").write(item).close()
    got = read(tmp_path / "t.csv")
    assert [row["label"] for row in got] == ["Bark, howl", 'The "big" one', "two\\nlines\\r", "=1+1", "犬"]
    assert {row["stream"] for row in got} == {'a,"b".wav'}


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(), min_size=2, max_size=4))
def test_any_row_is_one_line_that_tells_its_stream(cells: list[str]) -> None:
    row = line(tuple(cells))
    assert "\n" not in row
    assert "\r" not in row
    (got,) = table.reader([row])
    assert stream_of(row) == got[0]
    assert len(got) == len(cells)
    assert all(a == b for a, b in zip(got, cells, strict=True) if b.isprintable())


def test_metrics_are_a_row_with_a_column_for_every_known_measure(
    tmp_path: Path, writing: Any, metrics: Callable[..., Any]
) -> None:
    run = writing(csv, path=tmp_path / "t.csv")
    run.write(metrics(1, "training"), metrics(1, mAP=float("nan"), PERR=0.25), metrics(2, mine=1.0)).close()
    training, validation = read(tmp_path / "t.csv")
    assert (training["part"], training["epoch"], training["mAP"], training["PERR"]) == ("training", "1", "0.1", "")
    assert (validation["step"], validation["mAP"], validation["PERR"]) == ("100", "", "0.25")
    assert [str(error) for error in run.failures] == ["the table has no column for mine: write them with jsonl"]


def test_append_keeps_other_streams_and_replaces_those_that_come_again(
    tmp_path: Path, writing: Any, predictions: Callable[..., Any]
) -> None:
    path = tmp_path / "t.csv"
    first = [predictions(name, [("Dog", 0.5)]) for name in ("a.wav", "b.wav")]
    writing(csv, path=path, append=True).write(*first).close()
    again = predictions("a.wav", [("Cat", 0.7)])
    writing(csv, path=path, append=True).write(again, StreamEnd("a.wav")).close()
    assert [(row["stream"], row["label"]) for row in read(path)] == [("b.wav", "Dog"), ("a.wav", "Cat")]


def test_two_kinds_of_items_in_one_table_fail_by_item(
    tmp_path: Path, writing: Any, predictions: Callable[..., Any]
) -> None:
    run = writing(csv, path=tmp_path / "t.csv").write(predictions("a.wav", [("Dog", 0.5)]), EVENT).close()
    assert [str(error) for error in run.failures] == ["a table holds Predictions or Event, not both: write two files"]
    assert len(read(tmp_path / "t.csv")) == 1


def test_a_flow_that_fails_leaves_no_table(tmp_path: Path, writing: Any) -> None:
    run = writing(csv, path=tmp_path / "t.csv").write(EVENT).abort()
    assert str(run.error) == "broken"
    assert [path.name for path in tmp_path.iterdir()] == [".t.csv.rows"]
