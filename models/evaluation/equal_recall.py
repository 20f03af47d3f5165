"""PERR, precision at equal recall rate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.models.evaluation.top_classes import top_classes
from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def precision_at_equal_recall(scores: NDArray[np.float32], targets: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the precision among the k best classes of each example, where k is how many labels it has, shape (n,).

    PERR is the mean over ALL examples: one without labels counts as 0. A class with a score of 0 is no prediction. Of
    equal scores the first class is the better one (YouTube-8M leaves that open).

    Args:
        scores: Shape (n, classes), in [0, 1].
        targets: Shape (n, classes).
    Source: YouTube-8M, `calculate_precision_at_equal_recall_rate`.

    >>> scores = np.array([[0.9, 0.8, 0.1], [0.9, 0.8, 0.1]], np.float32)
    >>> precision_at_equal_recall(scores, np.array([[True, False, True], [False, False, False]])).tolist()
    [0.5, 0.0]
    """
    wanted = targets.sum(axis=1)  # (n,)
    best = top_classes(scores, max(1, int(wanted.max(initial=0))))  # (n, k)
    right = np.take_along_axis(targets, best, axis=1) & (np.take_along_axis(scores, best, axis=1) > 0)
    asked = np.arange(best.shape[1]) < wanted[:, None]
    precision: NDArray[np.float64] = (right & asked).sum(axis=1) / np.maximum(wanted, 1)
    return precision
