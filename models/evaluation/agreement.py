"""How alike two networks score the same sounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def correlations(ours: NDArray[np.floating], theirs: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return Pearson's correlation of each row of *ours* with that of *theirs*, shapes (n, m): shape (n,), in [-1, 1].

    r = sum (x - mean x)(y - mean y) / sqrt(sum (x - mean x)^2 sum (y - mean y)^2)

    A row that does not vary agrees with nothing: 0.

    >>> correlations(np.array([[1, 2, 3], [3, 2, 1], [2, 2, 2]]), np.array([[2, 4, 6]] * 3)).round(6).tolist()
    [1.0, -1.0, 0.0]
    """
    x, y = (rows - rows.mean(axis=1, keepdims=True) for rows in (ours.astype(np.float64), theirs.astype(np.float64)))
    size = np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
    found: NDArray[np.float64] = np.divide((x * y).sum(axis=1), size, out=np.zeros(len(x)), where=size > 0)
    return found
