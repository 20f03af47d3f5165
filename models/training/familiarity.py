"""What the network `open_set` remembers of the examples it learnt from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Arrays = dict[str, NDArray[np.float32]]

MOST = 64  # examples of a class that are kept: more make the network larger, and hardly better
STEEPEST = 100.0


def standard(x: NDArray[np.float32]) -> Arrays:
    """Return the centre of *x*, shape (n, dims), and one scale, by which a row has a length of 1 in the mean.

    One scale for all dims: most of an embedding's numbers are nearly always 0, and those would drown the others.
    """
    centre = x.mean(axis=0)
    length = np.sqrt(((x - centre) ** 2).sum(axis=1).mean())
    return {"moving_centre": centre, "moving_scale": np.array([max(float(length), 1e-6)], np.float32)}


def remembered(
    x: NDArray[np.float32],
    targets: NDArray[np.bool_],
    groups: Sequence[str],
    *,
    kept: int,
    neighbours: int,
    random: np.random.Generator,
) -> Arrays:
    """Return the memory, and how familiar a sound must be.

    Args:
        x: Standardised examples, shape (n, dims).
        targets: Which classes each has, shape (n, classes).
        groups: What an example is not compared with, because it was cut from the same recording.
        kept: Places for examples of a class; of more examples some are drawn.
        neighbours: How many of the nearest count.
        random: What is drawn by.
    """
    unit = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9)
    classes = targets.shape[1]
    memory = np.zeros((classes, kept, x.shape[1]), np.float32)
    counts = np.zeros(classes, np.float32)
    nearness = np.zeros((len(x), classes), np.float32)
    names = np.asarray(groups)
    for label in range(classes):
        own = np.flatnonzero(targets[:, label])
        if len(own) > kept:
            own = np.sort(random.choice(own, kept, replace=False))
        memory[label, : len(own)] = unit[own]
        counts[label] = len(own)
        nearness[:, label] = _nearness(unit @ unit[own].T, names[:, None] == names[own], neighbours)
    # A sound must be told from what is nearest to it, not from what is far from everything.
    rivals = np.where(targets, -1, nearness).max(axis=1)
    return {"memory": memory, "remembered": counts, **_familiar(nearness[targets], rivals[rivals > -1])}


def _nearness(cosines: NDArray[np.float32], same: NDArray[np.bool_], neighbours: int) -> NDArray[np.float32]:
    """Return the mean of the highest *cosines* of each row, those left out that are of the *same* recording."""
    ranked = np.sort(np.where(same, -2, cosines), axis=1)[:, ::-1][:, :neighbours]
    there = ranked > -2
    mean: NDArray[np.float32] = np.where(there, ranked, 0).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    return mean


def _familiar(own: NDArray[np.float32], others: NDArray[np.float32]) -> Arrays:
    """Return the logistic function that tells near from far: the linear discriminant of two Gaussians of one variance.

    Source: Fisher 1936; Bishop 2006, eq. 4.65 to 4.67.
    """
    variance = (own.var() + others.var()) / 2 if len(own) and len(others) else 1.0
    near, far = (float(part.mean()) if len(part) else 0.0 for part in (own, others))
    steepness = min(max((near - far) / max(float(variance), 1e-6), 1.0), STEEPEST)
    return {
        "steepness": np.array([steepness], np.float32),
        "middle": np.array([(near + far) / 2], np.float32),
    }
