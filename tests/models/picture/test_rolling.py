"""A rolling spectrogram is the same however the sound was cut, and tells levels in dB of full scale."""

from __future__ import annotations

import numpy as np
import pytest

from flowrun.models.log_mel import MAX_HZ, MIN_HZ, hz_to_mel
from flowrun.models.picture.rolling import FLOOR_DB, RollingSpectrogram
from flowrun.models.signals import noise
from tests.served_page import sound


@pytest.mark.parametrize("size", [1, 7, 160, 1600, 16000])
def test_block_sizes_do_not_matter(size: int) -> None:
    samples = noise(1.0, 16000, -20, seed=5)
    whole_s, whole = RollingSpectrogram(16000)(samples, 0)
    rolling = RollingSpectrogram(16000)
    parts = [rolling(samples[i : i + size], i) for i in range(0, len(samples), size)]
    np.testing.assert_array_equal(np.concatenate([frames for _, frames in parts]), whole)
    starts = [start_s for start_s, frames in parts if len(frames)]
    assert starts[0] == whole_s == 0.0
    assert starts == sorted(starts)


@pytest.mark.parametrize("rate_hz", [8000, 16000, 44100])
def test_a_tone_has_its_place_and_its_level_at_any_rate(rate_hz: int) -> None:
    _, frames = RollingSpectrogram(rate_hz)(sound(0, rate_hz, rate_hz=rate_hz).samples, 0)
    low, high, tone = hz_to_mel(np.array([MIN_HZ, MAX_HZ, 1000.0]))
    assert abs(int(frames.mean(axis=0).argmax()) + 1 - 65 * (tone - low) / (high - low)) < 1
    level_db = FLOOR_DB * (1 - float(frames.max()) / 255)
    assert abs(level_db - 20 * np.log10(0.5)) < 1.5


def test_a_gap_begins_anew_at_its_own_time() -> None:
    rolling = RollingSpectrogram(16000)
    rolling(np.ones(1000, np.float32), 0)
    start_s, frames = rolling(np.zeros(1600, np.float32), 32000)
    assert start_s == 2.0
    assert not frames.any(), "nothing of what was before the gap is in it"
