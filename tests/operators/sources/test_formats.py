"""Every format that libsndfile knows is read, whole, at its own rate, in blocks of any size."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from flowrun.operators.sources._opening import probe

FORMATS = [  # container, coding, the largest error that the coding makes
    ("WAV", "PCM_U8", 0.01),
    ("WAV", "PCM_16", 1e-4),
    ("WAV", "PCM_24", 1e-6),
    ("WAV", "PCM_32", 1e-7),
    ("WAV", "FLOAT", 0),
    ("WAV", "DOUBLE", 0),
    ("WAV", "ULAW", 0.01),
    ("WAVEX", "PCM_24", 1e-6),
    ("RF64", "PCM_16", 1e-4),
    ("W64", "PCM_16", 1e-4),
    ("FLAC", "PCM_16", 1e-4),
    ("FLAC", "PCM_24", 1e-6),
    ("OGG", "VORBIS", 0.1),
    ("OGG", "OPUS", 0.1),
    ("MP3", "MPEG_LAYER_III", 0.1),
    ("AIFF", "PCM_16", 1e-4),
    ("AIFF", "FLOAT", 0),
    ("AU", "PCM_16", 1e-4),
    ("CAF", "PCM_16", 1e-4),
]


@pytest.mark.parametrize(("container", "coding", "error"), FORMATS)
def test_a_good_file_is_read_whole_in_blocks_of_any_size(
    tmp_path: Path, sound: NDArray[Any], read: Callable[..., Any], container: str, coding: str, error: float
) -> None:
    path = tmp_path / "a"
    soundfile.write(path, sound, 16000, format=container, subtype=coding)
    got = read(path)
    assert got.failures == []
    assert got.samples.dtype == np.float32
    np.testing.assert_allclose(got.samples, sound, rtol=0, atol=error)
    assert {block.rate_hz for block in got.blocks} == {16000}
    for block_s in (0.1, 10):
        np.testing.assert_array_equal(read(path, block_s).samples, got.samples)
    assert [block.start_sample for block in got.blocks] == [0, 16000, 32000]
    assert probe(path) == (16000, len(sound))


@pytest.mark.parametrize(("channel", "gain"), [(None, 0.5), (1, 1.0), (2, 0.5), (3, 0.0)])
def test_channels_are_mixed_or_one_is_chosen(
    tmp_path: Path, sound: NDArray[Any], read: Callable[..., Any], channel: int | None, gain: float
) -> None:
    soundfile.write(tmp_path / "a.wav", sound[:, None] * [1.0, 0.5, 0.0], 16000, subtype="FLOAT")
    np.testing.assert_allclose(read(tmp_path / "a.wav", channel=channel).samples, gain * sound, atol=1e-6)


def test_a_channel_that_is_not_there_is_told(tmp_path: Path, sound: NDArray[Any], read: Callable[..., Any]) -> None:
    soundfile.write(tmp_path / "a.wav", sound, 16000)
    assert read(tmp_path / "a.wav", channel=2).fault == "has 1 channel, so there is no channel 2"


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
def test_a_part_of_a_file_begins_and_ends_where_it_says(
    tmp_path: Path, sound: NDArray[Any], read: Callable[..., Any], suffix: str
) -> None:
    soundfile.write(tmp_path / f"a.{suffix}", sound, 16000)
    whole = read(tmp_path / f"a.{suffix}").samples
    part = read(tmp_path / f"a.{suffix}", start_s=0.5, end_s=2.25)
    assert [(b.start_sample, len(b.samples)) for b in part.blocks] == [(8000, 16000), (24000, 12000)]
    np.testing.assert_allclose(part.samples, whole[8000:36000], atol=2e-4)
    assert "behind its end at 3.00 s" in read(tmp_path / f"a.{suffix}", start_s=3.0).fault


@pytest.mark.parametrize("count", [1, 2, 16000])
def test_a_file_of_a_few_samples_or_of_whole_blocks_is_one_stream(
    tmp_path: Path, read: Callable[..., Any], count: int
) -> None:
    soundfile.write(tmp_path / "a.wav", np.full(count, 0.5), 16000)
    (block,) = read(tmp_path / "a.wav").blocks
    assert (len(block.samples), block.last) == (count, True)


def test_an_mp3_without_a_length_tag_is_not_called_truncated(
    tmp_path: Path, sound: NDArray[Any], read: Callable[..., Any]
) -> None:
    soundfile.write(tmp_path / "a.mp3", np.concatenate([0 * sound, sound]), 16000)
    data = (tmp_path / "a.mp3").read_bytes()
    (tmp_path / "b.mp3").write_bytes(data[data.index(data[:2], 2) :])  # without its first frame, which is the tag
    got = read(tmp_path / "b.mp3")
    assert got.failures == []
    assert len(got.samples) == pytest.approx(2 * len(sound), abs=3 * 576)


def test_a_flac_without_a_length_is_read_to_its_end(
    tmp_path: Path, sound: NDArray[Any], read: Callable[..., Any]
) -> None:
    soundfile.write(tmp_path / "a.flac", sound, 16000)
    data = bytearray((tmp_path / "a.flac").read_bytes())
    data[21] &= 0xF0  # the 36 bits of the number of samples
    data[22:26] = bytes(4)
    (tmp_path / "a.flac").write_bytes(data)
    got = read(tmp_path / "a.flac")
    assert (got.failures, len(got.samples)) == ([], len(sound))
