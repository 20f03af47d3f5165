"""Tones: sines, chords, sweeps, plucked tunes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.models.synthesis.resonance import struck
from flowrun.models.synthesis.timeline import add, faded, peaking, seconds, silence
from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SCALE = (0, 2, 4, 7, 9)  # semitones of a pentatonic scale: any two sound well together
CHORDS = ((0, 4, 7), (0, 3, 7), (0, 4, 7, 10), (0, 5, 7), (0, 3, 6, 9))  # semitones: major, minor, seventh, …


def tones(random: np.random.Generator, rate_hz: int = 16000) -> NDArray[np.float32]:
    """Return 1 to 5 s of a sine, a chord, a sweep or a tune, shape (n,)."""
    duration_s = random.uniform(1, 5)
    kind = random.choice(["sine", "chord", "sweep", "tune"])
    if kind == "sine":
        made = sine(np.full(round(duration_s * rate_hz), 10 ** random.uniform(1.8, 3.8)), rate_hz)
    elif kind == "sweep":
        first, last = random.uniform(1.8, 3.8, 2)
        made = sine(np.logspace(first, last, round(duration_s * rate_hz)), rate_hz)
    elif kind == "chord":
        semitones = np.array(CHORDS[random.integers(len(CHORDS))])
        made = chord(random.uniform(80, 500) * 2 ** (semitones / 12), duration_s, rate_hz)
    else:
        made = tune(random, duration_s, rate_hz)
    return peaking(faded(made, rate_hz // 100), random.uniform(-25, -1))


def sine(pitch_hz: NDArray[np.float64], rate_hz: int) -> NDArray[np.float64]:
    """Return a sine whose frequency at each sample is *pitch_hz*, shape (n,)."""
    wave: NDArray[np.float64] = np.sin(2 * np.pi * np.cumsum(pitch_hz) / rate_hz)
    return wave


def chord(pitches_hz: NDArray[np.float64], duration_s: float, rate_hz: int) -> NDArray[np.float64]:
    """Return notes held together, with eight harmonics each, as an organ has them, shape (n,)."""
    time_s = seconds(duration_s, rate_hz)
    harmonics = [(k * f, 1 / k) for f in pitches_hz for k in range(1, 9) if k * f < rate_hz / 2]
    made = silence(duration_s, rate_hz)
    for f, amplitude in harmonics:
        made += amplitude * np.sin(2 * np.pi * f * time_s)
    return made


def tune(random: np.random.Generator, duration_s: float, rate_hz: int) -> NDArray[np.float64]:
    """Return notes of a scale, plucked at an even beat, shape (n,)."""
    samples = silence(duration_s, rate_hz)
    beat_s = random.uniform(0.12, 0.5)
    lowest_hz = random.uniform(80, 400)
    decay_s = random.uniform(0.1, 0.8)
    softness = random.uniform(0.8, 2)
    k = np.arange(1, 11)
    for start_s in np.arange(0, duration_s, beat_s):
        pitch_hz = lowest_hz * 2 ** (random.choice(SCALE) / 12 + random.integers(0, 3))
        add(samples, struck(pitch_hz * k, decay_s / k, k**-softness, rate_hz), round(start_s * rate_hz))
    return samples
