"""`log_mel` equals VGGish's own front end, streaming, at any hop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flowrun.models.log_mel import log_mel_frames
from flowrun.models.signals import noise
from flowrun.operators.audio.log_mel import log_mel
from flowrun.schemas.ports import Audio, Failed
from flowrun.schemas.spec import spec_of
from flowrun.schemas.stream_info import Mismatch, StreamInfo

SIGNALS = ["sine_1khz", "noise_seed0", "chirp", "silence", "odd_length"]


@pytest.mark.parametrize("size", [160, 1000, 16000, 10**9])
@pytest.mark.parametrize("signal", SIGNALS)
def test_patches_equal_the_reference(
    play: Callable[..., list[Any]], blocks: Callable[..., list[Audio]], shared: Path, signal: str, size: int
) -> None:
    with np.load(shared / "reference" / "log_mel_golden.npz") as reference:
        samples, expected = reference[f"{signal}_samples"], reference[f"{signal}_examples"]
    got = np.concatenate([item.features for item in play(log_mel, blocks(samples, size))])
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-4)


def test_overlapping_patches_lie_hop_s_apart(
    play: Callable[..., list[Any]], blocks: Callable[..., list[Audio]]
) -> None:
    samples = noise(2.5, 16000, -20, seed=3)
    got = play(log_mel, blocks(samples, 4000), hop_s=0.48)
    starts = np.concatenate([item.at.start_s for item in got])
    patches = np.concatenate([item.features for item in got])
    frames = log_mel_frames(samples)
    np.testing.assert_allclose(starts, [0.0, 0.48, 0.96, 1.44])
    np.testing.assert_allclose(patches, [frames[i : i + 96] for i in (0, 48, 96, 144)], atol=1e-4)
    assert {(item.at.window_s, item.at.hop_s) for item in got} == {(0.96, 0.48)}


def test_a_hop_longer_than_a_patch_leaves_some_out(
    play: Callable[..., list[Any]], blocks: Callable[..., list[Audio]]
) -> None:
    samples = noise(4.0, 16000, -20, seed=3)
    got = play(log_mel, blocks(samples, 1000), hop_s=1.5)
    frames = log_mel_frames(samples)
    patches = np.concatenate([item.features for item in got])
    np.testing.assert_allclose(patches, [frames[i : i + 96] for i in (0, 150, 300)], atol=1e-4)


@pytest.mark.parametrize(("count", "patches"), [(0, 0), (1, 1), (15599, 1), (15600, 1), (30959, 1), (30960, 2)])
def test_short_audio_is_padded_and_a_tail_is_dropped(
    play: Callable[..., list[Any]], blocks: Callable[..., list[Audio]], count: int, patches: int
) -> None:
    got = play(log_mel, blocks(np.full(count, 0.1), max(count, 1) if count else []))
    assert sum(len(item.features) for item in got) == patches
    assert [item.last for item in got][-1:] == [True]
    assert all(item.features.shape[1:] == (96, 64) for item in got)


@pytest.mark.parametrize(
    ("count", "patches"), [(0, 0), (1, 1), (15600, 1), (15601, 2), (23280, 2), (23281, 3), (16000 * 5, 10)]
)
@pytest.mark.parametrize("size", [999, 10**6])
def test_a_tail_may_be_padded_so_that_every_sample_is_in_a_patch(
    play: Callable[..., list[Any]], blocks: Callable[..., list[Audio]], count: int, patches: int, size: int
) -> None:
    samples = noise(5.0, 16000, -20, seed=1)[:count]
    got = play(log_mel, blocks(samples, size if count else []), hop_s=0.48, tail="pad")
    frames = log_mel_frames(np.pad(samples, (0, 16000)))
    expected = np.array([frames[i * 48 : i * 48 + 96] for i in range(patches)]).reshape(-1, 96, 64)
    np.testing.assert_allclose(np.concatenate([item.features for item in got]), expected, atol=1e-4)
    assert [item.last for item in got] == [False] * (len(got) - 1) + [True]


def test_a_gap_is_told_with_the_next_patch_however_late_that_is(
    play: Callable[..., list[Any]], blocks: Callable[..., list[Audio]]
) -> None:
    source = blocks(noise(3.0, 16000, -20, seed=0), 1600)
    source[12:] = [replace(b, start_sample=b.start_sample + 16000, gap=i == 0) for i, b in enumerate(source[12:])]
    got = play(log_mel, source)
    assert [(item.gap, item.at.start_s.tolist()) for item in got] == [(False, [0.0]), (True, [2.2]), (False, [])]


def test_another_rate_is_refused_with_the_remedy(
    play: Callable[..., list[Any]], blocks: Callable[..., list[Audio]]
) -> None:
    (failed,) = play(log_mel, blocks(np.zeros(10), 10, rate_hz=44100))
    assert isinstance(failed, Failed)
    assert "log_mel needs 16000 Hz, got 44100 Hz: add `resample" in str(failed.error)
    with pytest.raises(Mismatch, match="needs 16000 Hz, but 'mic' gives 44100 Hz"):
        spec_of(log_mel).info(audio=StreamInfo(step="mic", rate_hz=44100), hop_s=0.96, tail="drop")


def test_a_hop_that_is_no_multiple_of_a_frame_is_refused() -> None:
    with pytest.raises(Mismatch, match=r"hop_s must be a multiple of 0\.01 s, got 0\.125 s"):
        spec_of(log_mel).info(audio=StreamInfo(), hop_s=0.125)
