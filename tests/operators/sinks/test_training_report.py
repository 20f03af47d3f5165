"""`training_report` writes one page that needs nothing else, whole at any time, and its figures beside it."""

from __future__ import annotations

import errno
import os
import re
import struct
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flowrun.operators.sinks._figure import LIGHT
from flowrun.operators.sinks._report_figures import figures
from flowrun.operators.sinks._training_history import TrainingHistory
from flowrun.operators.sinks.training_report import training_report
from flowrun.schemas.errors import DeliveryError
from flowrun.schemas.ports import Metrics, PerClass
from flowrun.schemas.run import Alone

FIGURES = {"learning_curves.png", "best_and_worst.png", "positives.png", "calibration.png"}


class Clock(Alone):
    """A run whose time is set by hand."""

    time = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time


class Reader(HTMLParser):
    """What a browser would fetch, and the rows of all tables."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.tags: set[str] = set()
        self.rows: list[list[str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.fetched += [value or "" for key, value in attributes if key in ("src", "srcset", "href")]
        if tag == "tr":
            self.rows.append([])

    def handle_data(self, data: str) -> None:
        if self.rows and data.strip():
            self.rows[-1].append(data)


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """No figures: they take a second each time."""
    monkeypatch.setattr("flowrun.operators.sinks.training_report.figures", lambda history, theme: {})


def read(folder: Path) -> Reader:
    return Reader((folder / "report.html").read_text("utf-8"))


def test_the_page_fetches_nothing_has_every_figure_in_light_and_dark_and_no_name_is_markup_or_a_formula(
    tmp_path: Path, writing: Any, metrics: Callable[..., Any]
) -> None:
    labels = ("<script>alert(1)</script>", "$\\frac{$ & \x1b[2J\ud800")
    title = "</title><img src=x> {style}"
    run = writing(training_report, folder=tmp_path, title=title, run=Alone()).write(metrics(2, labels=labels)).close()
    assert (run.failures, run.error) == ([], None)
    page, text = read(tmp_path), (tmp_path / "report.html").read_text("utf-8")
    assert len(page.fetched) == 2 * len(FIGURES)
    assert all(address.startswith("data:image/png;base64,") for address in page.fetched)
    assert not page.tags & {"script", "link", "iframe"}
    assert not re.search(r"url\(|\x1b", text)
    assert "<title>&lt;/title&gt;&lt;img src=x&gt; {style}</title>" in text
    assert any(labels[0] in row for row in page.rows)
    assert {path.name for path in tmp_path.iterdir()} == {"report.html", *FIGURES}
    for name in FIGURES:
        width, height = struct.unpack(">II", (tmp_path / name).read_bytes()[16:24])
        assert min(width, height) > 500


@pytest.mark.usefixtures("undrawn")
def test_the_tables_have_the_last_and_the_best_measures_and_all_classes(
    tmp_path: Path, writing: Any, metrics: Callable[..., Any]
) -> None:
    items = [metrics(1, "training"), metrics(1), metrics(2, mAP=0.75), metrics(3)]
    writing(training_report, folder=tmp_path, run=Alone()).write(*items).close()
    rows = read(tmp_path).rows
    assert ["measure", "training, epoch 1", "validation, epoch 3", "best validation"] in rows
    assert ["loss", "10.0000", "3.3333", "3.3333 in epoch 3"] in rows
    assert ["mAP", "0.1000", "0.3000", "0.7500 in epoch 2"] in rows
    assert ["1", "Dog", "40", "0.2500", "0.7500", "0.954"] in rows
    assert any(row[:3] == ["2", "Cat", "0"] and set(row[3:6]) == {"-"} for row in rows)


@pytest.mark.usefixtures("undrawn")
def test_an_epoch_that_comes_again_after_a_resume_replaces_what_was_there(
    tmp_path: Path, writing: Any, metrics: Callable[..., Any]
) -> None:
    items = [metrics(1), metrics(2, mAP=0.9), metrics(1), metrics(2, mAP=0.4)]
    writing(training_report, folder=tmp_path, run=Alone()).write(*items).close()
    assert ["mAP", "0.4000", "0.4000 in epoch 2"] in read(tmp_path).rows


@pytest.mark.usefixtures("undrawn")
def test_the_page_is_renewed_while_the_training_goes_on_but_not_too_often(
    tmp_path: Path, writing: Any, metrics: Callable[..., Any]
) -> None:
    clock = Clock()
    run = writing(training_report, folder=tmp_path, every_s=60.0, run=clock)
    for epoch, wait_s, shown in ((1, 0, 1), (2, 59, 1), (3, 1, 3)):
        clock.time += timedelta(seconds=wait_s)
        run.write(metrics(epoch))
        assert f"epoch {shown} ·" in (tmp_path / "report.html").read_text()
    run.write(metrics(4)).abort()  # what a flow that fails has measured is there too
    assert "epoch 4 ·" in (tmp_path / "report.html").read_text()
    assert str(run.error) == "broken"


@pytest.mark.parametrize("values", [{}, {"loss": float("nan")}, {"mine": 1.0, "mAUC": 1.0, "d-prime": float("inf")}])
def test_a_page_can_be_drawn_of_whatever_was_measured(tmp_path: Path, writing: Any, values: dict[str, float]) -> None:
    item = Metrics("s", "evaluation", "moe", 0, 0, values)
    run = writing(training_report, folder=tmp_path, run=Alone()).write(item).close()
    assert (run.failures, run.error) == ([], None)
    assert read(tmp_path).fetched == []


def test_a_flow_that_measured_nothing_leaves_the_page_as_it_was(tmp_path: Path, writing: Any) -> None:
    writing(training_report, folder=tmp_path, run=Alone()).close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("undrawn")
def test_a_full_disk_ends_no_training_but_the_last_page_must_be_written(
    tmp_path: Path, writing: Any, metrics: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    clock = Clock()
    run = writing(training_report, folder=tmp_path, every_s=0.0, run=clock).write(metrics(1))
    monkeypatch.setattr(os, "fsync", full)
    run.write(metrics(2))
    assert (run.failures, clock.warnings) == ([], ["the report could not be renewed: No space left on device"])
    assert "epoch 1 ·" in (tmp_path / "report.html").read_text()
    run.close()
    assert "No space left" in str(run.error)


def test_a_flow_without_the_library_is_told_at_its_start(
    tmp_path: Path, writing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    run = writing(training_report, folder=tmp_path, run=Alone())
    assert isinstance(run.error, DeliveryError)
    assert str(run.error) == "training_report needs matplotlib: pip install 'flowrun[train]'"


def test_classes_without_an_example_have_no_figure(metrics: Callable[..., Any]) -> None:
    nothing = np.full(2, np.nan)
    history = TrainingHistory()
    history.add(replace(metrics(1), per_class=PerClass(("Dog", "Cat"), np.zeros(2, int), nothing, nothing)))
    assert set(figures(history, LIGHT)) == {"learning_curves", "calibration"}
