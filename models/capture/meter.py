"""How loud it is, as a level meter on a mixing desk shows it."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, log10
from typing import TYPE_CHECKING

from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

HOLD_S = 2.0  # how long the highest peak stays
FULL = 1 - 2**-14  # of 16 bit the last two steps: what is up there was cut off


@dataclass(frozen=True, slots=True)
class Reading:
    """What a moment was like; levels in dBFS, where a sine of full scale has RMS -3 and peak 0.

    hold: the highest peak of the last `HOLD_S`. clipped: how many samples were at full scale. zeros: there was nothing
    but zeros, which no working microphone gives.
    """

    rms_dbfs: float
    peak_dbfs: float
    hold_dbfs: float
    clipped: int
    zeros: bool


class Meter:
    """Reads the levels of a sound, moment by moment.

    >>> meter = Meter()
    >>> meter.read(np.array([0.5, -0.5], np.float32), 1.0)
    Reading(rms_dbfs=-6.0, peak_dbfs=-6.0, hold_dbfs=-6.0, clipped=0, zeros=False)
    >>> meter.read(np.zeros(2, np.float32), 1.0)
    Reading(rms_dbfs=-inf, peak_dbfs=-inf, hold_dbfs=-6.0, clipped=0, zeros=True)
    """

    def __init__(self) -> None:
        self._hold = -inf
        self._held_s = 0.0

    def read(self, samples: NDArray[np.float32], seconds: float) -> Reading:
        """Return what *samples* (n,), which last so many *seconds*, are like."""
        size = np.abs(samples)
        peak = _dbfs(float(size.max(initial=0.0)))
        self._held_s += seconds
        if peak >= self._hold or self._held_s > HOLD_S:
            self._hold, self._held_s = peak, 0.0
        rms = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0
        return Reading(_dbfs(rms), peak, self._hold, int((size >= FULL).sum()), not samples.any())


def _dbfs(value: float) -> float:
    """Return *value*, full scale 1, in dBFS, rounded to what a meter shows."""
    return round(20 * log10(value), 1) if value > 0 else -inf
