"""How well a score finds the clips that have a sound: precision and recall, and what false alarms it costs."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor
from typing import TYPE_CHECKING, NamedTuple

from flowrun.models.evaluation.ranked import average_precision_and_auc
from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray


USUAL = 0.5  # the threshold that most flows begin with


class Curve(NamedTuple):
    """Precision and recall from each threshold on, shape (thresholds,), the highest threshold first."""

    threshold: NDArray[np.float32]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Detection:
    """How well a score finds a sound among clips.

    average_precision: the mean over the clips that have it of the precision at their score. false_alarms: how many of
    the others may reach the threshold. recall: the share that is found then. threshold: the lowest score of those that
    are found; None where none is. usual_recall, usual_alarms_per_hour: the share that is found, and the alarms in an
    hour of the others, at the threshold `USUAL`.
    """

    average_precision: float
    false_alarms: int
    recall: float
    threshold: float | None
    usual_recall: float
    usual_alarms_per_hour: float


def curve(scores: NDArray[np.float32], has: NDArray[np.bool_]) -> Curve:
    """Return precision and recall of clips with *scores*, shape (n,), of which some, at least one, have the sound.

    >>> found = curve(np.array([0.9, 0.5, 0.5, 0.1], np.float32), np.array([True, True, False, False]))
    >>> found.recall.tolist(), found.precision.round(2).tolist()
    ([0.5, 1.0, 1.0], [1.0, 0.67, 0.5])
    """
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))  # equal scores are one threshold
    found = has[order].cumsum()[last]
    return Curve(ranked[last], found / (last + 1), found / has.sum())


def detection(
    scores: NDArray[np.float32], has: NDArray[np.bool_], *, clip_s: float, false_alarms_per_hour: float
) -> Detection:
    """Measure a detector on clips of equal length.

    A clip raises one alarm when its best window reaches the threshold, as `threshold` and a `debounce` whose cooldown
    is as long as a clip do.

    Args:
        scores: The best window of each clip, shape (n,).
        has: Which of them have the sound, shape (n,).
        clip_s: Length of a clip, s.
        false_alarms_per_hour: How many alarms are let pass in an hour of clips that have it not; what is allowed on
            them is rounded down, so on less than an hour at one alarm an hour it is none.

    >>> scores = np.array([0.9, 0.6, 0.5, 0.7, 0.1], np.float32)
    >>> has = np.array([True, True, True, False, False])
    >>> detection(scores, has, clip_s=5, false_alarms_per_hour=1).recall
    0.3333333333333333
    >>> detection(scores, has, clip_s=1800, false_alarms_per_hour=1).recall
    1.0
    """
    with_it, others = np.sort(scores[has]), np.sort(scores[~has])
    average_precision, _ = average_precision_and_auc(np.sort(scores), with_it)
    allowed = floor(false_alarms_per_hour * len(others) * clip_s / 3600)
    bound = others[len(others) - 1 - allowed] if allowed < len(others) else -np.inf
    found = with_it[with_it > bound]
    lowest = float(found[0]) if len(found) else None
    hours = len(others) * clip_s / 3600
    usual_alarms_per_hour = float((others >= USUAL).sum() / hours) if hours else 0.0
    usual_recall = float((with_it >= USUAL).mean())
    return Detection(average_precision, allowed, len(found) / len(with_it), lowest, usual_recall, usual_alarms_per_hour)
