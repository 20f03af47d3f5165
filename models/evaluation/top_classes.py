"""The best classes of each example."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOW = 0xFFFF_FFFF  # the half of a key that tells the class


def top_classes(scores: NDArray[np.float32], k: int) -> NDArray[np.intp]:
    """Return the *k* best classes of each example, best first; of equal scores the first class is the better one.

    A score and its class make one integer key, for the bits of floats >= 0 are in the order of their values. So the
    choice among equal scores is the same in any batch, which `argpartition` does not promise.

    Args:
        scores: Shape (n, classes), >= 0.
        k: How many, at most all classes.

    Returns:
        Indices, shape (n, k).

    >>> top_classes(np.array([[0.5, 0.25, 0.5, 0.75]], np.float32), 3).tolist()
    [[3, 0, 2]]
    """
    classes = scores.shape[1]
    bits = (scores + np.float32(0)).view(np.uint32)  # adding 0 makes -0 a 0
    keys = bits.astype(np.uint64)
    keys <<= np.uint64(32)
    keys |= LOW - np.arange(classes, dtype=np.uint64)
    keys.partition(classes - k, axis=1)
    best = np.sort(keys[:, classes - k :], axis=1)[:, ::-1]
    return (LOW - (best & np.uint64(LOW))).astype(np.intp)
