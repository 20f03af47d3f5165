"""`archiver` keeps everything, to the sample, in files of one length."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from flowrun.operators.sinks.archiver import archiver
from flowrun.schemas.ports import Audio, StreamEnd
from flowrun.schemas.run import Alone

RATE = 10


def sound(start: int, end: int, **more: Any) -> Audio:
    return Audio(np.arange(start, end, dtype=np.float32) / np.float32(32768), RATE, "mic/1", start, **more)


def pieces(folder: Path) -> list[list[int]]:
    """Return the samples of all files, in the order of their places in the stream."""
    told = [json.loads(path.read_text()) | {"path": path.with_suffix("")} for path in folder.glob("*.json")]
    told.sort(key=lambda facts: facts["start_sample"])
    return [soundfile.read(facts["path"], dtype="int16")[0].tolist() for facts in told]


@pytest.mark.parametrize("size", [1, 7, 40])
def test_files_follow_one_another_however_the_audio_was_cut(tmp_path: Path, writing: Any, size: int) -> None:
    blocks = [sound(n, min(n + size, 40)) for n in range(0, 40, size)]
    sink = writing(archiver, folder=tmp_path, piece_s=1.5, template="{stream}", min_free_bytes=0, run=Alone())
    sink.write(*blocks, StreamEnd("mic/1")).close()
    assert pieces(tmp_path) == [list(range(0, 15)), list(range(15, 30)), list(range(30, 40))]
    assert {path.name for path in tmp_path.glob("*.flac")} == {"mic_1.flac", "mic_1-2.flac", "mic_1-3.flac"}
    assert sink.failures == []


def test_a_gap_begins_a_file_and_a_failed_flow_keeps_what_was_heard(tmp_path: Path, writing: Any) -> None:
    sink = writing(archiver, folder=tmp_path, template="{stream}", min_free_bytes=0, run=Alone())
    sink.write(sound(0, 10), sound(15, 20, gap=True)).abort()
    assert pieces(tmp_path) == [list(range(0, 10)), list(range(15, 20))]


def test_without_a_folder_nothing_is_kept(writing: Any) -> None:
    sink = writing(archiver, run=Alone())
    sink.write(sound(0, 10), StreamEnd("mic/1")).close()
    assert sink.failures == []
