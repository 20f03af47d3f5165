"""`audio_file` is one stream, which tells how long it is before it begins."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from flowrun.operators.sources.audio_file import audio_file
from flowrun.schemas.run import Alone
from flowrun.schemas.spec import spec_of
from flowrun.schemas.stream_info import Mismatch


class Asked(Alone):
    """Keeps what is expected, and stops after the first block."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float | None] = []

    def expect(self, *, streams: int | None = None, seconds: float | None = None) -> None:
        self.seconds.append(seconds)


@pytest.mark.parametrize(
    ("part", "seconds"),
    [({}, 3.0), ({"start_s": 1.0}, 2.0), ({"start_s": 0.5, "end_s": 9.0}, 2.5), ({"end_s": 1.0}, 1.0)],
)
def test_it_tells_how_much_is_to_come(
    tmp_path: Path, sound: NDArray[Any], play: Callable[..., list[Any]], part: dict[str, float], seconds: float
) -> None:
    soundfile.write(tmp_path / "a.flac", sound, 16000)
    run = Asked()
    got = play(audio_file, path=tmp_path / "a.flac", run=run, **part)
    assert run.seconds == [pytest.approx(seconds)]
    assert sum(len(block.samples) for block in got) == seconds * 16000
    assert {block.stream for block in got} == {str(tmp_path / "a.flac")}


def test_a_run_that_is_to_end_ends_the_stream_after_the_block_under_way(
    tmp_path: Path, sound: NDArray[Any], play: Callable[..., list[Any]]
) -> None:
    soundfile.write(tmp_path / "a.wav", sound, 16000)
    run = Asked()
    run.stopping.set()
    (block,) = play(audio_file, path=tmp_path / "a.wav", block_s=0.5, run=run)
    assert (len(block.samples), block.last) == (8000, True)


def test_its_rate_is_read_from_the_header_when_somebody_needs_it(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(9), 22050)
    options = {"path": tmp_path / "a.wav", "start_s": 0.0, "end_s": None}
    known = spec_of(audio_file).info(stream=None, **options)
    unknown = spec_of(audio_file).info(stream=None, **{**options, "path": tmp_path / "b.wav"})
    assert known.probe is not None
    assert unknown.probe is not None
    assert (known.probe(), unknown.probe()) == (22050, None)


def test_an_end_before_the_start_is_refused() -> None:
    with pytest.raises(Mismatch, match=r"end_s \(1 s\) must be after start_s \(2 s\)"):
        spec_of(audio_file).info(stream=None, path=Path("a.wav"), start_s=2.0, end_s=1.0)


def test_a_name_that_is_not_utf_8_becomes_a_stream_that_can_be_written(
    tmp_path: Path, play: Callable[..., list[Any]]
) -> None:
    path = os.fsencode(tmp_path) + b"/\xff\n.wav"
    with open(path, "wb") as stream:
        soundfile.write(stream, np.zeros(9), 16000, format="WAV")
    (block,) = play(audio_file, path=Path(os.fsdecode(path)))
    assert block.stream == f"{tmp_path}/\\udcff\\n.wav"
    assert block.stream.encode()
