"""Synthetic test signals."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def tone(duration_s: float, rate_hz: int, level_db: float, frequency_hz: float) -> NDArray[np.float32]:
    """Return a sine with an RMS level of *level_db* dBFS (at most -3.01 without clipping), shape (n,).

    >>> x = tone(1.0, 8000, -20.0, 1000.0)
    >>> round(20 * np.log10(np.sqrt(np.mean(x**2))), 3).item()
    -20.0
    """
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    wave: NDArray[np.float64] = np.sqrt(2) * 10 ** (level_db / 20) * np.sin(2 * np.pi * frequency_hz * time_s)
    return wave.clip(-1, 1).astype(np.float32)


def noise(duration_s: float, rate_hz: int, level_db: float, seed: int) -> NDArray[np.float32]:
    """Return white Gaussian noise with an RMS level of *level_db* dBFS, the same for the same *seed*, shape (n,)."""
    samples = np.random.default_rng(seed).standard_normal(round(duration_s * rate_hz))
    return (10 ** (level_db / 20) * samples).clip(-1, 1).astype(np.float32)


def silence(duration_s: float, rate_hz: int) -> NDArray[np.float32]:
    """Return digital silence, shape (n,)."""
    return np.zeros(round(duration_s * rate_hz), np.float32)


def click(duration_s: float, rate_hz: int, level_db: float) -> NDArray[np.float32]:
    """Return silence with one sample of *level_db* dBFS in its middle, shape (n,)."""
    samples = silence(duration_s, rate_hz)
    samples[len(samples) // 2] = 10 ** (level_db / 20)
    return samples
