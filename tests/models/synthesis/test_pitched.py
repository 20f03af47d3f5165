"""Sirens, alarms, tones and engines have the pitch and the beat they should have."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from flowrun.models.synthesis.alarm import smoke_detector
from flowrun.models.synthesis.engine import helicopter
from flowrun.models.synthesis.siren import SOUND_M_S, horn, passing, pitches
from flowrun.models.synthesis.tones import sine

RATE_HZ = 16000


def strongest_hz(samples: NDArray[np.float64], frame: int = 1600) -> NDArray[np.float64]:
    """Return the strongest frequency of each frame of 0.1 s."""
    frames = samples[: len(samples) // frame * frame].reshape(-1, frame) * np.hanning(frame)
    spectra: NDArray[np.float64] = np.abs(np.fft.rfft(frames, 4 * frame))
    found_hz: NDArray[np.float64] = spectra.argmax(axis=1) * (RATE_HZ / (4 * frame))
    return found_hz


@pytest.mark.parametrize("drive", [0.5, 4.0])
def test_the_fundamental_of_a_wail_sweeps_between_its_bounds(drive: float) -> None:
    heard_hz = strongest_hz(horn(pitches("wail", 6.0, 600, 1400, 3.0, RATE_HZ), drive, RATE_HZ))
    assert heard_hz.min() == pytest.approx(600, abs=40)
    assert heard_hz.max() == pytest.approx(1400, abs=40)
    assert np.abs(np.diff(heard_hz)).max() < 200  # it glides


def test_hi_lo_has_two_tones_only() -> None:
    heard_hz = strongest_hz(horn(pitches("hi-lo", 4.0, 450, 600, 1.0, RATE_HZ), 1.0, RATE_HZ))
    assert set(np.round(heard_hz / 10)) == {45, 60}


def test_what_drives_past_is_higher_before_and_lower_after_and_loudest_in_the_middle() -> None:
    speed_m_s = 30.0
    heard = passing(sine(np.full(8 * RATE_HZ, 1000.0), RATE_HZ), speed_m_s, 5.0, RATE_HZ)
    heard_hz = strongest_hz(heard)
    assert heard_hz[10] == pytest.approx(1000 / (1 - speed_m_s / SOUND_M_S), abs=10)
    assert heard_hz[-5] == pytest.approx(1000 / (1 + speed_m_s / SOUND_M_S), abs=10)
    assert abs(np.abs(heard).argmax() / RATE_HZ - 4) < 0.1


def test_a_smoke_detector_beeps_three_times_in_four_seconds() -> None:
    samples = smoke_detector(np.random.default_rng(0), 8.0, RATE_HZ)
    on = np.abs(samples.reshape(16, -1)).max(axis=1) > 0.1  # of each half second
    assert on.tolist() == [True, False, True, False, True, False, False, False] * 2


def test_a_helicopter_beats_8_to_25_times_a_second() -> None:
    samples = np.diff(helicopter(np.random.default_rng(1), 4.0, RATE_HZ), prepend=0.0)  # the chopped air, not the thuds
    envelope = np.sqrt(np.square(samples).reshape(-1, 160).mean(axis=1))  # every 10 ms
    envelope -= envelope.mean()
    again = np.correlate(envelope, envelope, "full")[len(envelope) - 1 :] / np.sum(envelope**2)
    assert again[4:13].max() > 0.5  # after 40 to 120 ms
