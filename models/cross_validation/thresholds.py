"""The score from which a class is taken for heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

HOUR_S = 3600.0


def threshold(own: NDArray[np.float32], other: NDArray[np.float32], allowed: int) -> float:
    """Return the score that lets at most *allowed* sounds of something else through, and as many own as it can.

    It lies halfway between the highest score that must be kept out and the lowest of the class's own above it.

    Args:
        own: Scores of the class on its own sounds.
        other: Its scores on all other sounds.
        allowed: How many of those may reach it.

    >>> own, other = np.array([0.5, 0.9], np.float32), np.array([0.7, 0.3, 0.1], np.float32)
    >>> round(threshold(own, other, 0), 3), round(threshold(own, other, 1), 3)
    (0.8, 0.4)
    """
    ranked = np.sort(other)[::-1]
    kept_out = float(ranked[allowed]) if allowed < len(ranked) else 0.0
    above = own[own > kept_out]
    lowest = float(above.min()) if len(above) else 1.0
    return max((kept_out + lowest) / 2, float(np.nextafter(np.float32(kept_out), np.float32(1))))


def thresholds(
    scores: NDArray[np.float32],
    truth: NDArray[np.int32],
    seconds: NDArray[np.float32],
    false_alarms_per_hour: float,
) -> NDArray[np.float64]:
    """Return the threshold of each class for so many false alarms per hour of other sounds.

    Where the other sounds last less than the hours in which one false alarm is wanted, none of them is let through.

    Args:
        scores: By networks that have not learnt from the examples, shape (examples, classes).
        truth: The class of each example, -1 where it is of none; shape (examples,).
        seconds: How long each lasts; shape (examples,).
        false_alarms_per_hour: What is wanted.

    Returns:
        Shape (classes,).
    """
    found = []
    for label in range(scores.shape[1]):
        own = truth == label
        allowed = int(false_alarms_per_hour * float(seconds[~own].sum()) / HOUR_S + 1e-9)
        found.append(threshold(scores[own, label], scores[~own, label], allowed))
    return np.array(found)
