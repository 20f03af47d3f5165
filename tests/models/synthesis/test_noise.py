"""Noise has its colour, a band its edges, and a place in a room its length and level."""

from __future__ import annotations

import numpy as np
import pytest

from flowrun.models.synthesis.noise import band, coloured
from flowrun.models.synthesis.recording import recorded
from flowrun.models.synthesis.resonance import resonant, struck


@pytest.mark.parametrize("exponent", [0.0, 1.0, 2.0])
def test_the_power_of_a_colour_falls_by_its_exponent(exponent: float) -> None:
    samples = coloured(np.random.default_rng(0), 4.0, 16000, exponent)
    assert np.mean(samples**2) == pytest.approx(1)
    power = np.abs(np.fft.rfft(samples)) ** 2
    octaves = [power[4 * low : 8 * low].mean() for low in (100, 200, 400, 800, 1600, 3200)]
    slope = np.polyfit(np.arange(6), np.log2(octaves), 1)[0]
    assert slope == pytest.approx(-exponent, abs=0.1)


def test_a_band_keeps_what_lies_in_it() -> None:
    power = np.abs(np.fft.rfft(band(coloured(np.random.default_rng(0), 1.0, 16000), 1000, 2000, 16000))) ** 2
    assert power[1000:2000].sum() > 0.75 * power.sum()


def test_a_struck_mode_has_its_frequency_and_falls_to_1_over_e_in_its_decay() -> None:
    ring = struck([1000.0], [0.1], [1.0], 16000)
    assert np.abs(np.fft.rfft(ring[:1600])).argmax() == 100
    assert np.abs(ring[1600:1616]).max() / np.abs(ring[:16]).max() == pytest.approx(np.exp(-1), rel=0.01)
    assert len(struck([9000.0], [0.1], [1.0], 16000)) == 0


def test_a_resonator_lets_its_frequency_through() -> None:
    heard = resonant(coloured(np.random.default_rng(0), 4.0, 16000), 2000, 100, 16000)
    power = np.abs(np.fft.rfft(heard)) ** 2
    assert power[4 * 1900 : 4 * 2100].sum() > 0.6 * power.sum()


def test_a_recording_is_as_long_and_about_as_loud_as_the_sound_and_goes_on_after_it() -> None:
    dry = np.zeros(16000, np.float32)
    dry[1000] = 0.5
    heard = recorded(np.random.default_rng(0), dry, 16000)
    assert heard.dtype == np.float32
    assert heard.shape == dry.shape
    assert np.abs(heard).max() == pytest.approx(0.5, abs=0.001)
    assert np.abs(heard[1001:3000]).max() > 3 * np.abs(heard[:1000]).max()
