"""Noise of any colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def coloured_noise(length: int, slope: float, random: np.random.Generator) -> NDArray[np.float32]:
    """Return noise whose power falls as 1 / frequency ** slope: 0 is white, 1 pink, 2 brown.

    Args:
        length: Samples.
        slope: How fast it falls.
        random: Where it comes from.

    Returns:
        float32, shape (length,), effective value 1.

    >>> noise = coloured_noise(16000, 1.0, np.random.default_rng(1))
    >>> noise.shape, float(np.sqrt(np.mean(noise**2)).round(3))
    ((16000,), 1.0)
    """
    spectrum = np.fft.rfft(random.standard_normal(length).astype(np.float32))
    spectrum[1:] *= np.arange(1, len(spectrum)) ** (-slope / 2)
    spectrum[:1] = 0
    noise = np.fft.irfft(spectrum, length)
    return (noise / max(1e-12, float(np.sqrt(np.mean(noise**2))))).astype(np.float32)
