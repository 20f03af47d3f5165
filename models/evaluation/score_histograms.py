"""Histograms of scores: average precision and AUC in a memory that does not grow, with a bound on the error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.models.evaluation.ranked import Ranked
from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BINS = 8192  # of the logit, evenly spaced
LIMIT = 16.0  # logit beyond which scores share a bin: a float32 near 1 cannot tell logits over 16.6 apart
COLUMNS = 64  # classes that are ranked together: little memory beside the counts


class ScoreHistograms:
    """How many positive and negative scores of each class fell into each bin; 64 KiB per class."""

    def __init__(self, classes: int) -> None:
        self._counts = np.zeros((2, classes, BINS), np.uint32)  # negatives, positives

    def add(self, scores: NDArray[np.float32], targets: NDArray[np.bool_]) -> None:
        """Count a batch: scores in [0, 1] and targets, shapes (n, classes)."""
        with np.errstate(divide="ignore"):  # the logits of 0 and 1 are infinite, and clipped
            logits = np.log(scores / (1 - scores))
        bins = ((logits.clip(-LIMIT, LIMIT) + LIMIT) * (BINS / (2 * LIMIT))).astype(np.intp).clip(max=BINS - 1)
        classes = self._counts.shape[1]
        at = (targets * classes + np.arange(classes)) * BINS + bins
        np.add.at(self._counts.reshape(-1), at, np.uint32(1))  # 1 of another type takes 20 times as long

    def ranked(self) -> Ranked:
        """Return the measures of each class."""
        blocks = [_ranked(*self._counts[:, i : i + COLUMNS]) for i in range(0, self._counts.shape[1], COLUMNS)]
        return Ranked(*map(np.concatenate, zip(*blocks, strict=True)))


def _ranked(negative: NDArray[np.uint32], positive: NDArray[np.uint32]) -> Ranked:
    """Return the measures of classes, shapes (classes, bins), taking the order of scores in a bin for random.

    With t positives and n negatives in a bin, T and N in the better bins, P positives and M negatives in all:

    AP  = sum t/P (T + (t + 1) / 2) / (T + N + (t + n + 1) / 2); with the positives of every bin first it would be
    at most sum t/P (T + t) / (T + N + t), with the negatives first at least sum t/P (T + 1) / (T + N + n + 1);
    AUC is off by at most half of the pairs that are in one bin, sum t n / (2 P M).
    """
    n, t = (counts[:, ::-1].astype(np.float64) for counts in (negative, positive))  # best bin first
    positives, negatives = t.sum(axis=1), n.sum(axis=1)
    better_t, better_n = t.cumsum(axis=1) - t, n.cumsum(axis=1) - n
    better = better_t + better_n
    with np.errstate(invalid="ignore"):  # 0 / 0 in classes without positives or without negatives: NaN
        share = t / positives[:, None]
        ap = (share * (better_t + (t + 1) / 2) / (better + (t + n + 1) / 2)).sum(axis=1)
        high = (share * (better_t + t) / np.maximum(better + t, 1)).sum(axis=1)
        low = (share * (better_t + 1) / (better + n + 1)).sum(axis=1)
        pairs = positives * negatives
        auc = (t * (negatives[:, None] - better_n - n / 2)).sum(axis=1) / pairs
        tied = (t * n).sum(axis=1) / pairs / 2
    return Ranked(positives.astype(np.int64), ap, auc, np.maximum(high - ap, ap - low), tied)
