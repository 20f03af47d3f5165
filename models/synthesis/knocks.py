"""Knocks, footsteps and the ticks of clocks: short resonances, one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.models.synthesis.noise import band, coloured
from flowrun.models.synthesis.resonance import struck
from flowrun.models.synthesis.timeline import add, peaking, seconds, silence
from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def knocks(random: np.random.Generator, rate_hz: int = 16000) -> NDArray[np.float32]:
    """Return 2 to 6 s of knocks on a door, of footsteps or of a clock, shape (n,)."""
    makers = (knocking, footsteps, ticking)
    made = makers[random.integers(len(makers))](random, random.uniform(2, 6), rate_hz)
    return peaking(made, random.uniform(-20, -1))


def knocking(random: np.random.Generator, duration_s: float, rate_hz: int) -> NDArray[np.float64]:
    """Return groups of two to six knocks on wood, shape (n,)."""
    samples = silence(duration_s, rate_hz)
    f = random.uniform(90, 300) * np.array([1, 1.7, 2.6, 3.9, 5.2, 8.1]) * random.uniform(0.9, 1.1, 6)
    wood = struck(f, random.uniform(0.004, 0.015) * (f / f[0]) ** -0.4, random.uniform(0.2, 1, 6), rate_hz)
    knuckle = random.uniform(0.1, 0.6)
    start_s = random.uniform(0, 0.3)
    while start_s < duration_s:
        gap_s = random.uniform(0.12, 0.3)
        for _ in range(random.integers(2, 7)):
            loudness = random.uniform(0.6, 1)
            add(samples, loudness * wood, round(start_s * rate_hz))
            add(samples, loudness * knuckle * _burst(random, 0.004, 300, 3000, rate_hz), round(start_s * rate_hz))
            start_s += gap_s * random.uniform(0.9, 1.1)
        start_s += random.uniform(0.4, 2)
    return samples


def footsteps(random: np.random.Generator, duration_s: float, rate_hz: int) -> NDArray[np.float64]:
    """Return steps, shape (n,): the thud and the click of a heel, then the slap and the scuff of the sole."""
    samples = silence(duration_s, rate_hz)
    pace_s = random.uniform(0.3, 0.7)
    click_hz = random.uniform(800, 2500)
    thud, click, slap, scuff = random.uniform([0.3, 0.1, 0.1, 0.0], [1, 1, 0.5, 0.3])
    for step_s in np.arange(random.uniform(0, pace_s), duration_s, pace_s):
        start = round(step_s * random.uniform(0.98, 1.02) * rate_hz)
        roll_s = random.uniform(0.05, 0.12)
        add(samples, thud * _burst(random, 0.015, 60, 300, rate_hz), start)
        add(samples, click * _burst(random, 0.004, click_hz, 2.5 * click_hz, rate_hz), start)
        add(samples, slap * _burst(random, 0.008, 200, 1500, rate_hz), start + round(roll_s * rate_hz))
        add(samples, scuff * _burst(random, 0.04, 1500, 6000, rate_hz), start + round(roll_s * rate_hz))
    return samples


def ticking(random: np.random.Generator, duration_s: float, rate_hz: int) -> NDArray[np.float64]:
    """Return a clock, shape (n,): tick and tock at an even beat, each two clicks of the escapement 10 ms apart."""
    samples = silence(duration_s, rate_hz)
    sounds = [
        struck(random.uniform(1500, 6500, 5), random.uniform(0.0004, 0.0025), random.uniform(0.2, 1, 5), rate_hz)
        for _ in ("tick", "tock")
    ]
    beat_s = random.choice([0.2, 0.25, 0.5, 1.0])
    for i, start_s in enumerate(np.arange(0.05, duration_s, beat_s)):
        for late_s, level in ((0.0, 0.4), (random.uniform(0.008, 0.012), 1.0)):
            add(samples, level * random.uniform(0.9, 1) * sounds[i % 2], round((start_s + late_s) * rate_hz))
    return samples


def _burst(
    random: np.random.Generator, decay_s: float, low_hz: float, high_hz: float, rate_hz: int
) -> NDArray[np.float64]:
    """Return noise of a band that dies away, peak 1: what soft and rough things make of a blow."""
    time_s = seconds(8 * decay_s, rate_hz)
    noise = band(coloured(random, 8 * decay_s, rate_hz), low_hz, high_hz, rate_hz) * np.exp(-time_s / decay_s)
    burst: NDArray[np.float64] = noise / np.abs(noise).max()
    return burst
