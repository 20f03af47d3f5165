"""What rings when it is struck: sums of decaying sines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

STEP = 64


def struck(frequencies_hz: ArrayLike, decays_s: ArrayLike, amplitudes: ArrayLike, rate_hz: int) -> NDArray[np.float64]:
    """Return the sound of a body after one blow: the sum of its modes, until the slowest has fallen by 60 dB.

    y(t) = sum of a sin(2 pi f t) e^(-t / d)

    Args:
        frequencies_hz: Of each mode, shape (modes,); those beyond half the rate are left out.
        decays_s: Time in which each falls to 1/e, shape (modes,) or a number.
        amplitudes: Of each, shape (modes,) or a number.
        rate_hz: Rate of the samples.

    Returns:
        float64, shape (n,); n is 0 if no mode can be heard.

    >>> struck([1000.0, 9000.0], 0.1, 1.0, 16000).shape
    (11052,)
    """
    f, decay, amplitude = np.broadcast_arrays(*np.atleast_1d(frequencies_hz, decays_s, amplitudes))
    heard = f < rate_hz / 2
    if not heard.any():
        return np.zeros(0)
    f, decay, amplitude = f[heard], decay[heard], amplitude[heard]
    count = round(float(decay.max()) * np.log(1000) * rate_hz)
    # e^(p (j + 64 i)) = e^(p j) e^(64 p i): a product of two small matrices in the place of an exponential per sample.
    poles = (2j * np.pi * f - 1 / decay)[:, None] / rate_hz  # (modes, 1)
    coarse = amplitude[:, None] * np.exp(poles * STEP * np.arange(count // STEP + 1))
    fine = np.exp(poles * np.arange(STEP))
    rung: NDArray[np.float64] = (coarse.T @ fine).imag.ravel()[:count]
    return rung


def resonant(
    samples: NDArray[np.float64], frequencies_hz: ArrayLike, widths_hz: ArrayLike, rate_hz: int
) -> NDArray[np.float64]:
    """Return the sum of *samples*, shape (n,), after each of some resonators of two poles.

    Args:
        samples: What excites them.
        frequencies_hz: Of each resonance, below half the rate.
        widths_hz: Bandwidth of each at -3 dB.
        rate_hz: Rate of the samples.
    """
    from scipy.signal import lfilter

    out = np.zeros(len(samples))
    for f, width in zip(*np.broadcast_arrays(*np.atleast_1d(frequencies_hz, widths_hz)), strict=True):
        radius = np.exp(-np.pi * width / rate_hz)
        poles = [1, -2 * radius * np.cos(2 * np.pi * f / rate_hz), radius**2]
        out += lfilter([1 - radius, 0, radius - 1], poles, samples)
    return out
