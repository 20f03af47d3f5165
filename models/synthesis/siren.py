"""Sirens: wail, yelp, and two tones in turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from flowrun.models.synthesis.timeline import faded, peaking, seconds
from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Pattern = Literal["wail", "yelp", "hi-lo"]
SOUND_M_S = 343.0
# Seconds of a turn. Source: SAE J1849, emergency vehicle sirens: wail 10 to 30, yelp 150 to 250 turns a minute.
PERIODS_S = {"wail": (2.0, 6.0), "yelp": (0.24, 0.4), "hi-lo": (0.8, 2.2)}


def siren(random: np.random.Generator, rate_hz: int = 16000) -> NDArray[np.float32]:
    """Return 3 to 8 s of a siren, standing or driving past, shape (n,)."""
    patterns: tuple[Pattern, ...] = ("wail", "yelp", "hi-lo")
    pattern = patterns[random.integers(3)]
    duration_s = random.uniform(3, 8)
    low_hz = random.uniform(380, 750)
    high_hz = low_hz * (random.uniform(1.2, 1.5) if pattern == "hi-lo" else random.uniform(1.6, 3))
    pitch_hz = pitches(pattern, duration_s, low_hz, high_hz, random.uniform(*PERIODS_S[pattern]), rate_hz)
    made = horn(pitch_hz, random.uniform(1, 4), rate_hz)
    if random.random() < 0.4:
        made = passing(made, random.uniform(8, 25), random.uniform(5, 30), rate_hz)
    return peaking(faded(made, rate_hz // 20), random.uniform(-20, -1))


def pitches(
    pattern: Pattern, duration_s: float, low_hz: float, high_hz: float, period_s: float, rate_hz: int
) -> NDArray[np.float64]:
    """Return the fundamental of a siren, Hz, shape (n,), which runs from *low_hz* to *high_hz* and back in *period_s*.

    >>> pitches("hi-lo", 1.0, 400.0, 500.0, 0.5, 8).tolist()
    [500.0, 500.0, 400.0, 400.0, 500.0, 500.0, 400.0, 400.0]
    """
    turn = seconds(duration_s, rate_hz) / period_s % 1
    if pattern == "hi-lo":
        return np.where(turn < 0.5, high_hz, low_hz)
    # A rotor or an oscillator charges and discharges: it hurries at first, on a scale of octaves.
    height = (1 - np.cos(2 * np.pi * turn**0.8)) / 2
    return low_hz * (high_hz / low_hz) ** height


def horn(pitch_hz: NDArray[np.float64], drive: float, rate_hz: int) -> NDArray[np.float64]:
    """Return the tone of a horn whose driver is overdriven, shape (n,): harmonics come with *drive*, > 0.

    y = tanh(drive * saw), where saw has the harmonics 1 / k below half the rate.
    """
    phase = 2 * np.pi * np.cumsum(pitch_hz) / rate_hz
    harmonics = range(1, max(2, int(0.45 * rate_hz / pitch_hz.max())))
    saw = sum(np.sin(k * phase) / k**1.5 for k in harmonics)
    driven: NDArray[np.float64] = np.tanh(drive * saw)
    return driven


def passing(samples: NDArray[np.float64], speed_m_s: float, nearest_m: float, rate_hz: int) -> NDArray[np.float64]:
    """Return *samples*, shape (n,), as they are heard from a source that drives past, nearest in the middle.

    What is heard at t left the source at t - r / c (Doppler's shift) and is fainter by 1 / r.
    """
    time_s = np.arange(len(samples)) / rate_hz
    along_m = speed_m_s * (time_s - time_s[-1] / 2)
    distance_m = np.hypot(along_m, nearest_m)
    left_s = time_s - (distance_m - nearest_m) / SOUND_M_S
    heard: NDArray[np.float64] = np.interp(left_s, time_s, samples, left=0.0) * nearest_m / distance_m
    return heard
