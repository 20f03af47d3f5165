"""`directory` reads each file of a folder as a stream of its own; a bad one costs no other."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from flowrun.operators.sources.directory import directory
from flowrun.schemas.ports import Audio, Failed
from flowrun.schemas.run import Alone


class Watched(Alone):
    """A run whose sinks finish with a stream as soon as it has ended."""

    def __init__(self) -> None:
        super().__init__()
        self.ended: list[Callable[[str], None]] = []
        self.streams: list[int | None] = []

    def on_stream_end(self, call: Callable[[str], None]) -> None:
        self.ended.append(call)

    def expect(self, *, streams: int | None = None, seconds: float | None = None) -> None:
        self.streams.append(streams)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with sounds, and with what is none."""
    base = tmp_path / "sounds"
    for name in ("a10.wav", "a2.wav", "B1.WAV", "deep/c.flac", "deep/deeper/d.ogg", ".hidden.wav", ".git/e.wav"):
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(base / name, np.zeros(160), 16000, format=name.rpartition(".")[2].upper())
    (base / "notes.txt").write_text("no sound")
    os.mkfifo(base / "pipe.wav")
    return base


def streams(items: list[Any]) -> list[str]:
    return [item.stream for item in items if isinstance(item, Audio) and item.last]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ["a2.wav", "a10.wav", "B1.WAV", "deep/c.flac", "deep/deeper/d.ogg"]),
        ({"recursive": False}, ["a2.wav", "a10.wav", "B1.WAV"]),
        ({"pattern": "*.wav"}, ["a2.wav", "a10.wav", "B1.WAV"]),
        ({"pattern": ["*.flac", "*.OGG"]}, ["deep/c.flac", "deep/deeper/d.ogg"]),
        ({"pattern": "deep/*"}, ["deep/c.flac", "deep/deeper/d.ogg"]),
        ({"pattern": "a?.wav"}, ["a2.wav"]),
    ],
)
def test_it_finds_what_matches_in_natural_order(
    folder: Path, play: Callable[..., list[Any]], options: dict[str, Any], expected: list[str]
) -> None:
    run = Watched()
    assert streams(play(directory, path=folder, run=run, **options)) == expected
    assert run.streams == [len(expected)]


def test_a_folder_without_a_match_is_an_error(folder: Path, play: Callable[..., list[Any]]) -> None:
    with pytest.raises(ValueError, match=r"no file in .*sounds matches \*\.aiff"):
        play(directory, path=folder, pattern="*.aiff")


def test_each_bad_file_is_one_failure_and_costs_no_other(folder: Path, play: Callable[..., list[Any]]) -> None:
    (folder / "empty.wav").touch()
    (folder / "text.wav").write_text("hello")
    (folder / "dangling.wav").symlink_to("nowhere")
    (folder / "one.wav").symlink_to("two.wav")
    (folder / "two.wav").symlink_to("one.wav")
    (folder / "again").symlink_to(folder, target_is_directory=True)
    (folder / "folder.wav").mkdir()
    data = (folder / "a2.wav").read_bytes()
    (folder / "short.wav").write_bytes(data[:-100])
    got = play(directory, path=folder, recursive=False)
    failed = [item.stream for item in got if isinstance(item, Failed)]
    assert sorted(failed) == ["dangling.wav", "empty.wav", "one.wav", "short.wav", "text.wav", "two.wav"]
    assert streams(got) == ["a2.wav", "a10.wav", "B1.WAV", "short.wav"]


def test_names_that_no_screen_or_file_could_hold_are_escaped(tmp_path: Path, play: Callable[..., list[Any]]) -> None:
    (tmp_path / "in").mkdir()
    for bytes_of_name in (b"\xff.wav", b"a\nb.wav", b"\x1b[2J.wav", "犬 .wav".encode()):
        with open(os.fsencode(tmp_path / "in") + b"/" + bytes_of_name, "wb") as stream:
            soundfile.write(stream, np.zeros(9), 16000, format="WAV")
    run, journal = Watched(), tmp_path / "journal.jsonl"
    got = play(directory, path=tmp_path / "in", journal=journal, run=run)
    assert sorted(streams(got)) == ["\\udcff.wav", "\\x1b[2J.wav", "a\\nb.wav", "犬 .wav"]
    for name in streams(got):
        run.ended[0](name)
    assert play(directory, path=tmp_path / "in", journal=journal) == []


def test_the_journal_leaves_only_what_is_new_or_changed(
    folder: Path, tmp_path: Path, play: Callable[..., list[Any]]
) -> None:
    run, journal = Watched(), tmp_path / "out" / "journal.jsonl"
    (folder / "text.wav").write_text("hello")
    options = {"path": folder, "recursive": False, "journal": journal}
    for stream in ["text.wav", *streams(play(directory, run=run, **options))]:
        run.ended[0](stream)
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    assert [(line["file"], "error" in line) for line in lines] == [
        ("text.wav", True),
        ("a2.wav", False),
        ("a10.wav", False),
        ("B1.WAV", False),
    ]
    soundfile.write(folder / "a2.wav", np.zeros(161), 16000)
    soundfile.write(folder / "new.wav", np.zeros(1), 16000)
    assert streams(play(directory, **options)) == ["a2.wav", "new.wav"]


def test_a_file_is_done_only_when_every_sink_has_finished_with_it(
    folder: Path, tmp_path: Path, play: Callable[..., list[Any]]
) -> None:
    run, journal = Watched(), tmp_path / "journal.jsonl"
    play(directory, path=folder, journal=journal, run=run)
    assert not journal.exists()
    run.ended[0]("a2.wav")
    assert [json.loads(line)["file"] for line in journal.read_text().splitlines()] == ["a2.wav"]


def test_a_torn_line_in_the_journal_only_costs_its_own_file(
    folder: Path, tmp_path: Path, play: Callable[..., list[Any]]
) -> None:
    run, journal = Watched(), tmp_path / "journal.jsonl"
    options: dict[str, Any] = {"path": folder, "recursive": False, "journal": journal}
    for stream in streams(play(directory, run=run, **options)):
        run.ended[0](stream)
    journal.write_bytes(journal.read_bytes()[:-20] + b"\xff")
    again = Watched()
    assert streams(play(directory, run=again, **options)) == ["B1.WAV"]
    again.ended[0]("B1.WAV")
    assert play(directory, **options) == []


def test_a_file_that_was_cut_short_by_a_stop_is_not_done(
    folder: Path, tmp_path: Path, play: Callable[..., list[Any]]
) -> None:
    run, journal = Watched(), tmp_path / "journal.jsonl"

    def claim(key: str) -> bool:
        run.stopping.set()  # asked to stop while it begins
        return True

    run.claim = claim  # type: ignore[method-assign]
    got = play(directory, path=folder, journal=journal, block_s=0.001, run=run)
    assert [len(item.samples) for item in got] == [16]
    run.ended[0]("a2.wav")
    assert not journal.exists()


def test_a_file_that_another_worker_has_taken_is_left_to_it(folder: Path, play: Callable[..., list[Any]]) -> None:
    run = Watched()
    run.claim = lambda key: key != "a10.wav"  # type: ignore[method-assign]
    assert streams(play(directory, path=folder, recursive=False, run=run)) == ["a2.wav", "B1.WAV"]


def test_a_folder_that_may_not_be_read_is_left_out_with_a_warning(
    folder: Path, play: Callable[..., list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    scandir = os.scandir

    def closed(path: Any) -> Any:
        if str(path).rstrip("/").endswith("deeper"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", closed)
    run = Watched()
    assert "deep/c.flac" in streams(play(directory, path=folder, run=run))
    assert [warning.rpartition("/")[2] for warning in run.warnings] == ["deeper: left out: Permission denied"]
