"""How well scores put the examples of a class before the others: average precision and the area under the ROC curve."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Ranked(NamedTuple):
    """Measures of each class, shape (classes,), NaN where there is no example to measure them on.

    error_ap, error_auc: how far off each may be, at most; 0 where they are exact.
    """

    positives: NDArray[np.int64]
    average_precision: NDArray[np.float64]
    auc: NDArray[np.float64]
    error_ap: NDArray[np.float64]
    error_auc: NDArray[np.float64]


def average_precision_and_auc(scores: NDArray[np.float32], positive: NDArray[np.float32]) -> tuple[float, float]:
    """Measure one class; equal scores are one threshold.

    AP = sum over thresholds of (R[i] - R[i-1]) P[i], the mean over positives of the precision at their score;
    AUC = P(score of a positive > score of a negative) + P(they are equal) / 2, from the positives' mid-ranks.

    Args:
        scores: Of all examples, shape (n,), ascending.
        positive: Those of the examples that have the class, shape (positives,), ascending.

    Returns:
        Both in [0, 1]; NaN where undefined: AP without positives, AUC without positives or without negatives.
    Source: scikit-learn, `average_precision_score` and `roc_auc_score`; Mann and Whitney 1947.

    >>> average_precision_and_auc(np.array([0.1, 0.2, 0.3, 0.4], np.float32), np.array([0.2, 0.4], np.float32))
    (0.8333333333333333, 0.75)
    """
    n, p = len(scores), len(positive)
    if not p:
        return np.nan, np.nan
    below = scores.searchsorted(positive, "left")
    found = p - positive.searchsorted(positive, "left")  # positives from this score on
    average_precision = float(np.mean(found / (n - below)))
    if p == n:
        return average_precision, np.nan
    midranks = (below + scores.searchsorted(positive, "right") + 1) / 2
    return average_precision, float((midranks.sum() - p * (p + 1) / 2) / p / (n - p))
