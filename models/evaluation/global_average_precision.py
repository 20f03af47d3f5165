"""GAP@20, the measure of the YouTube-8M challenge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.models.evaluation.top_classes import top_classes
from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from flowrun.models.evaluation.ranked import Ranked

TOP = 20


def pooled(scores: NDArray[np.float32], targets: NDArray[np.bool_]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return the 20 best scores of each example and whether they are right, as one class, shapes (predictions, 1)."""
    best = top_classes(scores, min(TOP, scores.shape[1]))
    return np.take_along_axis(scores, best, axis=1).reshape(-1, 1), np.take_along_axis(targets, best, axis=1).reshape(
        -1, 1
    )


def global_average_precision(pool: Ranked, labels: int) -> float:
    """Return the average precision of all predictions in one pool, in [0, 1]; NaN without labels.

    GAP = sum over predictions i, best first, of P[i] (R[i] - R[i-1])

    Recall counts every label of every example, also those that are not among the example's 20 best classes. Equal
    scores are one threshold (YouTube-8M shuffles them).

    Args:
        pool: The measures of what `pooled` returned of all examples.
        labels: How many labels the examples have in all.
    Source: YouTube-8M, `calculate_gap` and `AveragePrecisionCalculator`.

    >>> from flowrun.models.evaluation.kept_scores import KeptScores
    >>> kept = KeptScores(1)
    >>> kept.add(*pooled(np.array([[0.9, 0.2], [0.6, 0.3]], np.float32), np.array([[True, False], [False, True]])))
    >>> round(global_average_precision(kept.ranked(), 2), 4)  # right at ranks 1 and 3: (1/1 + 2/3) / 2
    0.8333
    """
    found = int(pool.positives[0])
    return float(pool.average_precision[0]) * found / labels if found else 0.0 if labels else np.nan
