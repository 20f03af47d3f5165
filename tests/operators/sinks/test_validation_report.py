"""`validation_report` writes a page that needs nothing else, a picture, and tables."""

from __future__ import annotations

import csv
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flowrun.operators.sinks._confusion_figure import confusion_figure
from flowrun.operators.sinks._figure import DARK, LIGHT
from flowrun.operators.sinks.validation_report import validation_report
from flowrun.schemas.ports import CrossValidation
from flowrun.schemas.run import Alone


def validation(labels: tuple[str, ...] = ("<b>dog</b>", "$cat$"), *, unknown: bool = True) -> CrossValidation:
    """
    dog dog cat -     is
    dog -   dog -     is recognised as
    """
    truth = np.array([0, 0, 1, -1 if unknown else 1], np.int32)
    scores = np.array([[0.9, 0.1], [0.3, 0.2], [0.8, 0.6], [0.1, 0.2]], np.float32)
    limits = np.full((2, 2), 0.5)
    seconds, folds = np.full(4, 5, np.float32), np.array([0, 1, 0, 1], np.int32)
    ids = np.array(["dog/a.wav", "dog/b.wav", "cat/\x1b[2J.wav", "unknown/d.wav"])
    return CrossValidation(
        "my sounds", "open_set", labels, ids, truth, folds, seconds, scores, scores, limits[0], limits, 1
    )


def table(path: Path) -> list[list[str]]:
    with path.open(newline="") as stream:
        return list(csv.reader(stream))


def test_the_page_and_the_tables_tell_the_same(tmp_path: Path, writing: Any) -> None:
    run = writing(validation_report, folder=tmp_path, run=Alone()).write(validation()).close()
    assert (run.failures, run.error) == ([], None)
    assert table(tmp_path / "confusion_matrix.csv") == [
        ["is", "<b>dog</b>", "$cat$", "unknown"],
        ["<b>dog</b>", "1", "0", "1"],
        ["$cat$", "1", "0", "0"],
        ["unknown", "0", "0", "1"],
    ]
    assert table(tmp_path / "examples.csv")[2:4] == [
        ["dog/b.wav", "2", "<b>dog</b>", "unknown", "<b>dog</b>", "0.3"],
        ["cat/\\x1b[2J.wav", "1", "$cat$", "<b>dog</b>", "<b>dog</b>", "0.8"],
    ]
    measures = json.loads((tmp_path / "measures.json").read_text())
    assert measures["values"]["recognised"] == pytest.approx(1 / 3, abs=1e-4)
    page = (tmp_path / "report.html").read_text()
    assert "<td>&lt;b&gt;dog&lt;/b&gt;</td>" in page.replace(' class="name"', "")
    assert "cat/\\x1b[2J.wav" in page
    assert "33.3%" in page
    assert not any(word in page for word in ("<script", "http", "\x1b", "<b>dog"))
    assert {path.name for path in tmp_path.iterdir()} == {
        *("report.html", "confusion_matrix.png", "confusion_matrix.csv", "examples.csv", "measures.json")
    }


def test_without_sounds_of_no_class_there_is_a_column_but_no_row_of_them(tmp_path: Path, writing: Any) -> None:
    writing(validation_report, folder=tmp_path, run=Alone()).write(validation(unknown=False)).close()
    rows = table(tmp_path / "confusion_matrix.csv")
    assert [row[0] for row in rows] == ["is", "<b>dog</b>", "$cat$"]
    assert rows[0][-1] == "unknown"


@pytest.mark.parametrize(("classes", "theme"), [(2, DARK), (50, LIGHT)])
def test_the_picture_grows_with_the_classes_but_stays_of_a_size_to_look_at(classes: int, theme: Any) -> None:
    counts = np.eye(classes, classes + 1, dtype=np.int64) * 30
    png = confusion_figure(counts, [f"a class with a long name {i}" for i in range(classes + 1)], theme)
    width, height = struct.unpack(">II", png[16:24])
    assert 700 <= width <= 2100
    assert 600 <= height <= 2100
