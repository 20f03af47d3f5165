"""`sound_list` reads the recordings that a list names and that are wanted, and tells whose they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from flowrun.operators.sources.sound_list import CreditColumns, sound_list
from flowrun.schemas.ports import Audio, Credit, Failed
from flowrun.schemas.run import Alone
from flowrun.schemas.spec import spec_of
from flowrun.schemas.stream_info import Mismatch

Play = Callable[..., list[Any]]
CREDIT: CreditColumns = {"author": "by", "licence": "terms", "source": ["url", "file"]}


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    """A list of four recordings, one of which is not there."""
    (tmp_path / "audio").mkdir()
    for name in ("a.wav", "b.wav", "c.wav"):
        soundfile.write(tmp_path / "audio" / name, np.full(160, 0.5), 16000)
    path = tmp_path / "sounds.csv"
    path.write_text(
        "﻿file,fold,terms,by,url\n"
        'a.wav,1,CC0,"Ann, Bob",https://a\nb.wav,2,CC-BY,Eve,https://b\nc.wav,1,CC-BY-NC,Joe,https://c\n'
        "gone.wav,1,CC0,Tim,\n"
    )
    return path


def streams(items: list[Any]) -> list[str]:
    return [item.stream for item in items if isinstance(item, Audio)]


def test_what_is_wanted_is_read_and_nothing_else(play: Play, listed: Path) -> None:
    folder = listed.parent / "audio"
    every = play(sound_list, list=listed, folder=folder)
    assert streams(every) == ["sounds/a.wav", "sounds/b.wav", "sounds/c.wav"]
    free = play(sound_list, list=listed, folder=folder, where={"terms": ["CC0", "CC-BY"]}, name="free")
    assert streams(free) == ["free/a.wav", "free/b.wav"]
    one = play(sound_list, list=listed, folder=folder, where={"terms": ["CC0", "CC-BY"], "fold": "2"})
    assert streams(one) == ["sounds/b.wav"]


def test_a_recording_that_is_not_there_costs_no_other(play: Play, listed: Path) -> None:
    items = play(sound_list, list=listed, folder=listed.parent / "audio", where={"terms": "CC0"})
    assert streams(items) == ["sounds/a.wav"]
    (failed,) = [item for item in items if isinstance(item, Failed)]
    assert (failed.stream, str(failed.error)) == ("sounds/gone.wav", "No such file or directory")


def test_each_recording_that_is_read_has_its_credit(listed: Path) -> None:
    outputs = sound_list(
        list=listed, folder=listed.parent / "audio", where={"terms": "CC0"}, credit=CREDIT, run=Alone()
    )
    given: list[Any] = []
    outputs.credits.subscribe(given.append)
    outputs.audio.subscribe(lambda item: None)
    assert given == [
        Credit("sounds/a.wav", "Ann, Bob", "CC0", "https://a"),
        Credit("sounds/gone.wav", "Tim", "CC0", "gone.wav"),
    ]


@pytest.mark.parametrize(
    ("options", "text", "path"),
    [
        ({"column": "flie"}, "has no column 'flie'", ("column",)),
        ({"column": "file", "where": {"flod": "1"}}, "has no column 'flod'", ("where", "flod")),
        ({"column": "file", "credit": {**CREDIT, "author": "auhtor"}}, "has no column 'auhtor'", ("credit", "author")),
    ],
)
def test_columns_that_the_list_lacks_are_found_before_the_run(
    listed: Path, options: dict[str, Any], text: str, path: tuple[str, ...]
) -> None:
    with pytest.raises(Mismatch, match=text) as found:
        spec_of(sound_list).info(**{"list": listed, "where": None, "credit": None, "name": None, **options})
    assert found.value.path == path


@pytest.mark.parametrize(
    ("content", "said"), [(b"file\n\xff.wav\n", "not UTF-8"), (b'file\n"a.wav\n', "1: unexpected end of data")]
)
def test_a_list_that_is_no_csv_is_one_line(play: Play, tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    options: dict[str, Any] = {"list": path, "column": "file", "where": None, "credit": None, "name": None}
    with pytest.raises(Mismatch, match=f"list.csv.*{said}"):
        spec_of(sound_list).info(**options)
    with pytest.raises(ValueError, match=f"list.csv.*{said}"):
        play(sound_list, list=path)


def test_a_list_in_which_nothing_is_wanted_is_refused(play: Play, listed: Path) -> None:
    with pytest.raises(ValueError, match=r"no recording in .* is wanted: look at `where`"):
        play(sound_list, list=listed, where={"fold": "9"})
