"""Noise: white, pink, brown, of a band, of rain, of wind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.models.synthesis.resonance import struck
from flowrun.models.synthesis.timeline import add, peaking, seconds
from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def noise(random: np.random.Generator, rate_hz: int = 16000) -> NDArray[np.float32]:
    """Return 2 to 6 s of a noise of any colour, of rain or of wind, shape (n,)."""
    duration_s = random.uniform(2, 6)
    kind = random.choice(["white", "pink", "brown", "band", "rain", "wind"])
    if kind == "rain":
        made = rain(random, duration_s, rate_hz, drops_hz=10 ** random.uniform(1.5, 3))
    elif kind == "wind":
        made = wind(random, duration_s, rate_hz)
    elif kind == "band":
        low_hz = 10 ** random.uniform(1.7, 3.5)
        made = band(coloured(random, duration_s, rate_hz), low_hz, low_hz * random.uniform(1.3, 4), rate_hz)
    else:
        made = coloured(random, duration_s, rate_hz, {"white": 0.0, "pink": 1.0, "brown": 2.0}[kind])
    return peaking(made, random.uniform(-30, -3))


def coloured(
    random: np.random.Generator, duration_s: float, rate_hz: int, exponent: float = 0.0
) -> NDArray[np.float64]:
    """Return Gaussian noise with a power of 1 / f^exponent above 20 Hz, RMS 1, shape (n,): 0 white, 1 pink, 2 brown."""
    count = round(duration_s * rate_hz)
    spectrum = np.fft.rfft(random.standard_normal(count))
    spectrum *= np.maximum(np.fft.rfftfreq(count, 1 / rate_hz), 20.0) ** (-exponent / 2)
    samples: NDArray[np.float64] = np.fft.irfft(spectrum, count)
    level: NDArray[np.float64] = samples / np.sqrt(np.mean(samples**2))
    return level


def band(samples: NDArray[np.float64], low_hz: float, high_hz: float, rate_hz: int) -> NDArray[np.float64]:
    """Return what of *samples*, shape (n,), lies between two frequencies, 12 dB per octave on each side."""
    from scipy.signal import butter, sosfilt

    edges = np.clip([low_hz, high_hz], 10.0, 0.49 * rate_hz)
    filtered: NDArray[np.float64] = sosfilt(butter(2, edges, "bandpass", fs=rate_hz, output="sos"), samples)
    return filtered


def rain(random: np.random.Generator, duration_s: float, rate_hz: int, drops_hz: float) -> NDArray[np.float64]:
    """Return rain, shape (n,): *drops_hz* drops in a second that are heard by themselves, over the hiss of the rest.

    A drop in water rings with the bubble it catches, at 1 to 7 kHz.
    Source: Pumphrey, Crum and Bjørnø 1989, Underwater sound produced by individual drop impacts and rainfall.
    """
    samples = 0.05 * band(coloured(random, duration_s, rate_hz), 500, 7000, rate_hz)
    for _ in range(random.poisson(drops_hz * duration_s)):
        drop = struck(random.uniform(1000, 7000), random.uniform(0.0005, 0.004), random.exponential(0.2), rate_hz)
        add(samples, drop, int(random.integers(len(samples))))
    return samples


def wind(random: np.random.Generator, duration_s: float, rate_hz: int) -> NDArray[np.float64]:
    """Return wind, shape (n,): low noise, and a whistling band of it, in gusts of a second or so."""
    gusts = wandering(random, 0.1, 1.0, 0.5, duration_s, rate_hz)
    whistle_hz = random.uniform(300, 1200)
    whistle = band(coloured(random, duration_s, rate_hz), whistle_hz, 1.3 * whistle_hz, rate_hz)
    return gusts * coloured(random, duration_s, rate_hz, 2.0) + random.uniform(0, 1) * gusts**2 * whistle


def wandering(
    random: np.random.Generator, low: float, high: float, every_s: float, duration_s: float, rate_hz: int
) -> NDArray[np.float64]:
    """Return a control that goes from one level between *low* and *high* to another *every_s*, shape (n,)."""
    knots = np.linspace(0, duration_s, 2 + int(duration_s / every_s))
    return np.interp(seconds(duration_s, rate_hz), knots, random.uniform(low, high, len(knots)))
