"""`audacity_labels` and `raven_table` write a file per stream, when it ends; other programs read them back."""

from __future__ import annotations

import csv
import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flowrun.operators.sinks._regions import file_name
from flowrun.operators.sinks.audacity_labels import audacity_labels
from flowrun.operators.sinks.raven_table import raven_table
from flowrun.schemas.ports import Event, StreamEnd
from flowrun.schemas.spec import spec_of
from flowrun.schemas.stream_info import Mismatch, StreamInfo

EVENTS = [Event("2", "a.wav", "Late", 0.5, 7.25, 9.0), Event("1", "a.wav", "Tab\there", 0.9, 1.0, 2.5)]


def audacity(path: Path) -> list[tuple[float, float, str]]:
    """Read a label track as Audacity does: two times and a text, separated by tabs."""
    rows = [line.split("\t") for line in path.read_text().splitlines()]
    assert all(len(row) == 3 for row in rows)
    return [(float(start), float(end), label) for start, end, label in rows]


def raven(path: Path) -> list[dict[str, str]]:
    """Read a selection table as Raven does: tab-separated with a header, nothing quoted."""
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream, dialect="excel-tab", quoting=csv.QUOTE_NONE))


def test_windows_that_touch_are_one_label_with_the_peak(
    tmp_path: Path, writing: Any, predictions: Callable[..., Any]
) -> None:
    dog, cat = ("Dog", 0.5), ("Cat", 0.4)
    items = [predictions("a.wav", [dog], [dog, cat], [("Dog", 0.75)], []), predictions("a.wav", [dog], start_s=4.0)]
    run = writing(audacity_labels, folder=tmp_path).write(*items)
    assert list(tmp_path.iterdir()) == []
    run.write(StreamEnd("a.wav"))
    assert audacity(tmp_path / "a.wav.txt") == [(0, 2, "Dog 0.75"), (0.5, 1.5, "Cat 0.40"), (4, 5, "Dog 0.50")]


def test_events_are_labels_in_the_order_of_time(tmp_path: Path, writing: Any) -> None:
    writing(audacity_labels, folder=tmp_path).write(*EVENTS, StreamEnd("a.wav"))
    assert audacity(tmp_path / "a.wav.txt") == [(1, 2.5, "Tab\\there 0.90"), (7.25, 9, "Late 0.50")]


def test_raven_gets_numbered_selections_with_the_file_they_are_in(tmp_path: Path, writing: Any) -> None:
    writing(raven_table, folder=tmp_path, low_hz=100.0, high_hz=4000.0).write(*EVENTS, StreamEnd("a.wav"))
    first, second = raven(tmp_path / "a.wav.selections.txt")
    assert (first["Selection"], first["Begin Time (s)"], first["End Time (s)"]) == ("1", "1.000000", "2.500000")
    assert (first["Low Freq (Hz)"], first["High Freq (Hz)"], first["Begin File"]) == ("100", "4000", "a.wav")
    assert (second["Selection"], second["Label"], second["Score"]) == ("2", "Late", "0.5000")


def test_raven_needs_a_band_that_is_not_upside_down() -> None:
    with pytest.raises(Mismatch, match=r"low_hz \(5000 Hz\) must be below high_hz \(4000 Hz\)"):
        spec_of(raven_table).info(items=StreamInfo(), low_hz=5000.0, high_hz=4000.0)


def test_a_stream_without_an_event_has_an_empty_file(tmp_path: Path, writing: Any) -> None:
    (tmp_path / "a.wav.txt").write_text("of an earlier run\n")
    writing(audacity_labels, folder=tmp_path).write(StreamEnd("a.wav"))
    assert (tmp_path / "a.wav.txt").read_text() == ""


def test_what_has_ended_stays_when_the_flow_fails_and_the_rest_is_written_when_it_ends_well(
    tmp_path: Path, writing: Any, predictions: Callable[..., Any]
) -> None:
    items = [predictions("a.wav", [("Dog", 0.5)]), StreamEnd("a.wav"), predictions("b.wav", [("Dog", 0.5)])]
    writing(audacity_labels, folder=tmp_path / "failed").write(*items).abort()
    writing(audacity_labels, folder=tmp_path / "ended").write(*items).close()
    assert os.listdir(tmp_path / "failed") == ["a.wav.txt"]
    assert sorted(os.listdir(tmp_path / "ended")) == ["a.wav.txt", "b.wav.txt"]


def test_a_full_disk_fails_one_stream_and_leaves_its_old_file(
    tmp_path: Path, writing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "a.wav.txt").write_text("old\n")
    monkeypatch.setattr(os, "fsync", full)
    run = writing(audacity_labels, folder=tmp_path).write(*EVENTS, StreamEnd("a.wav"))
    assert [str(error) for error in run.failures] == ["[Errno 28] No space left on device"]
    assert (os.listdir(tmp_path), (tmp_path / "a.wav.txt").read_text()) == (["a.wav.txt"], "old\n")


@pytest.mark.parametrize(
    "stream", ["/etc/passwd", "../../x.wav", "a/../../x.wav", "..", "", "x" * 250 + ".wav", "a\nb"]
)
def test_no_name_leads_out_of_the_folder_or_cannot_be_made(tmp_path: Path, stream: str) -> None:
    path = (tmp_path / file_name(stream, ".selections.txt")).resolve()
    assert path.is_relative_to(tmp_path)
    assert len(f".{path.name}.part".encode()) <= 255
    assert path.name.isprintable()


def test_long_names_that_begin_alike_stay_apart() -> None:
    assert file_name("x" * 250 + "1", ".txt") != file_name("x" * 250 + "2", ".txt")
