"""Whether scores can be read as probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.schemas.late import np
from flowrun.schemas.ports import Calibration

if TYPE_CHECKING:
    from numpy.typing import NDArray

BINS = 20


class Reliability:
    """Counts of scores in 20 bins of equal width, over all classes."""

    def __init__(self) -> None:
        self._sums = np.zeros((3, BINS))  # of scores, of true ones, of ones

    def add(self, scores: NDArray[np.float32], targets: NDArray[np.bool_]) -> None:
        """Count a batch: scores in [0, 1] and targets, shapes (n, classes)."""
        flat = scores.ravel()
        bins = (flat * np.float32(BINS)).astype(np.int8).clip(max=BINS - 1)  # a score of 1 is in the last bin
        self._sums[0] += np.bincount(bins, flat, BINS)
        self._sums[1] += np.bincount(bins[targets.ravel()], minlength=BINS)
        self._sums[2] += np.bincount(bins, minlength=BINS)

    def calibration(self) -> Calibration:
        """Return the mean score, the share of true ones and the count of each bin; NaN where a bin is empty."""
        score, true, count = self._sums
        with np.errstate(invalid="ignore"):
            return Calibration(score / count, true / count, count.astype(np.int64))


def expected_calibration_error(calibration: Calibration) -> float:
    """Return the mean distance of scores from what comes true, in [0, 1].

    ECE = sum over bins of count / total |share - score|

    Most scores of many classes are near 0, and so is then this error: look at the bins too.

    Source: Naeini et al. 2015; Guo et al. 2017, eq. 3.

    >>> expected_calibration_error(Calibration(np.array([0.25, 0.75]), np.array([0.5, 0.75]), np.array([1, 3])))
    0.0625
    """
    off = np.abs(calibration.share - calibration.score)
    return float(np.nansum(off * calibration.count) / calibration.count.sum())
