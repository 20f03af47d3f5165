"""The frequency axis of a picture: rows at equal distances on the mel scale, from 0 Hz to half the sample rate."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from flowrun.models.log_mel import hz_to_mel
from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

TICKS_HZ = (125, 250, 500, 1000, 2000, 4000, 8000, 16000, 32000, 64000)


def height_of(frequency_hz: float, rate_hz: int) -> float:
    """Return where a frequency lies, from 0 at the bottom, 0 Hz, to 1 at the top, half the rate.

    >>> round(height_of(1000.0, 16000), 3), height_of(8000.0, 16000)
    (0.352, 1.0)
    """
    height, top = hz_to_mel(np.array([frequency_hz, rate_hz / 2]))
    return float(height / top)


@cache
def row_weights(rate_hz: int, frame_samples: int, rows: int) -> NDArray[np.float32]:
    """Return what each bin of a spectrum gives to each row, the lowest first, shape (frame_samples // 2 + 1, rows).

    A row is a triangle that reaches to the centres of its neighbours, and at least to the next bin on either side: low
    rows, which are narrower than a bin, are interpolated.
    """
    bins_hz = np.linspace(0, rate_hz / 2, frame_samples // 2 + 1)
    (highest,) = hz_to_mel(np.array([rate_hz / 2]))
    centres_hz = 700 * np.expm1((np.arange(rows) + 0.5) / rows * highest / 1127.0)  # the inverse of hz_to_mel
    reach_hz = np.maximum(np.gradient(centres_hz), bins_hz[1])
    weights: NDArray[np.float32] = (1 - np.abs(bins_hz[:, None] - centres_hz) / reach_hz).clip(0).astype(np.float32)
    return weights


def frequency_ticks(rate_hz: int, height: int, distance: int) -> list[tuple[float, str]]:
    """Return the frequencies to name, in Hz with their text, at least *distance* apart on an axis of *height* pixels.

    >>> [text for _, text in frequency_ticks(16000, 320, 24)]
    ['250 Hz', '500 Hz', '1 kHz', '2 kHz', '4 kHz', '8 kHz']
    """
    ticks: list[tuple[float, str]] = []
    below = 0.0
    for hz in TICKS_HZ:
        at = height * height_of(hz, rate_hz)
        if hz <= rate_hz / 2 and at - below >= distance:
            ticks.append((hz, f"{hz} Hz" if hz < 1000 else f"{hz // 1000} kHz"))
            below = at
    return ticks
