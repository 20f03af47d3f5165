"""`jsonl` writes one object per window, event or dead letter."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flowrun.operators.sinks.jsonl import jsonl
from flowrun.schemas.ports import Event, Rejected, Scores, StreamEnd, Windows

EVENT = Event("id1", "a.wav", "Glass", 0.5, 1.0, 2.5)


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_window_is_an_object_also_if_nothing_was_heard(
    tmp_path: Path, writing: Any, predictions: Callable[..., Any]
) -> None:
    item = predictions("a\n犬.wav", [("Dog", 0.5)], [], dated=True)
    writing(jsonl, path=tmp_path / "t.jsonl").write(item).close()
    first, second = read(tmp_path / "t.jsonl")
    assert first == {
        "stream": "a\n犬.wav",
        "start_s": 0.0,
        "end_s": 1.0,
        "heard_at": "2026-01-01T00:00:00.000Z",
        "predictions": [{"label": "Dog", "score": 0.5}],
    }
    assert (second["start_s"], second["predictions"]) == (0.5, [])


def test_kinds_of_items_may_be_mixed(tmp_path: Path, writing: Any) -> None:
    scores = Scores(Windows("a.wav", np.array([0.5]), 1.0, 1.0), np.array([[0.25]], np.float32), ("Dog",))
    writing(jsonl, path=tmp_path / "t.jsonl").write(EVENT, Rejected("files", "b.wav", "broken"), scores).close()
    event, letter, window = read(tmp_path / "t.jsonl")
    assert (event["label"], letter["error"], window["scores"]) == ("Glass", "broken", [0.25])


def test_metrics_are_an_object_without_arrays_and_a_measure_without_a_value_is_null(
    tmp_path: Path, writing: Any, metrics: Callable[..., Any]
) -> None:
    writing(jsonl, path=tmp_path / "t.jsonl").write(metrics(3, mAP=float("nan"))).close()
    (line,) = read(tmp_path / "t.jsonl")
    head = {"stream": "balanced", "part": "validation", "model": "moe", "step": 300, "epoch": 3}
    assert line == {**head, "loss": 3.333333, "Hit@1": 0.5, "mAP": None, "mAUC": 0.94, "d-prime": 2.2}


def test_append_replaces_streams_that_come_again(tmp_path: Path, writing: Any) -> None:
    path = tmp_path / "t.jsonl"
    writing(jsonl, path=path, append=True).write(EVENT, Rejected("files", "b.wav", "broken")).close()
    writing(jsonl, path=path, append=True).write(EVENT, EVENT, StreamEnd("a.wav")).close()
    assert [line["stream"] for line in read(path)] == ["b.wav", "a.wav", "a.wav"]


def test_a_disk_that_fills_up_fails_the_item_and_leaves_the_old_file(
    tmp_path: Path, writing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text("old\n")
    run = writing(jsonl, path=path)

    def full(self: Any, stream: str, row: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("flowrun.operators.sinks._table_file.TableFile.add", full)
    run.write(EVENT).abort()
    assert [str(error) for error in run.failures] == ["[Errno 28] No space left on device"]
    assert path.read_text() == "old\n"
