"""Hit@1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def hit_at_one(scores: NDArray[np.float32], targets: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return 1 for each example whose best class is one of its labels, else 0, shape (n,); Hit@1 is their mean.

    Of equal scores the first class is the better one. An example without labels is no hit.

    Source: YouTube-8M, `calculate_hit_at_one`.

    >>> scores, targets = np.array([[0.1, 0.9], [0.8, 0.2]], np.float32), np.array([[False, True], [False, True]])
    >>> hit_at_one(scores, targets).tolist()
    [1.0, 0.0]
    """
    hits: NDArray[np.bool_] = targets[np.arange(len(scores)), scores.argmax(axis=1)]
    return hits.astype(np.float64)
