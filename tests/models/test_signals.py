"""Test signals have the level, the length and the pitch they are asked for."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from flowrun.models import signals

MAKERS: dict[str, Callable[[float, int], NDArray[np.float32]]] = {
    "tone": lambda s, hz: signals.tone(s, hz, -20, 440),
    "noise": lambda s, hz: signals.noise(s, hz, -20, seed=0),
    "silence": signals.silence,
    "click": lambda s, hz: signals.click(s, hz, -6.0206),
}


@pytest.mark.parametrize("name", MAKERS)
def test_a_signal_is_float32_as_long_as_asked_and_never_clips(name: str) -> None:
    samples = MAKERS[name](0.25, 8000)
    assert samples.dtype == np.float32
    assert samples.shape == (2000,)
    assert np.abs(samples).max() <= 1


@pytest.mark.parametrize("name", ["tone", "noise"])
def test_the_level_is_the_rms_in_dbfs(name: str) -> None:
    power = np.mean(np.square(MAKERS[name](2.0, 16000), dtype=np.float64))
    assert 10 * np.log10(power) == pytest.approx(-20, abs=0.1)


def test_a_tone_has_its_frequency() -> None:
    spectrum = np.abs(np.fft.rfft(signals.tone(1.0, 8000, -20, 440)))
    assert spectrum.argmax() == 440


def test_noise_is_the_same_for_the_same_seed_only() -> None:
    first, same, other = (signals.noise(0.1, 8000, -20, seed) for seed in (1, 1, 2))
    assert np.array_equal(first, same)
    assert not np.array_equal(first, other)


def test_a_click_is_one_sample_in_the_middle() -> None:
    samples = MAKERS["click"](1.0, 8000)
    assert np.flatnonzero(samples).tolist() == [4000]
    assert samples[4000] == pytest.approx(0.5, abs=1e-4)
