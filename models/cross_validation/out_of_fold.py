"""Scores of examples by networks that have not learnt from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations, count
from typing import TYPE_CHECKING

from flowrun.models.cross_validation.fitting import Fitting
from flowrun.models.cross_validation.thresholds import thresholds
from flowrun.models.training.trainer import Arrays
from flowrun.schemas.late import np
from flowrun.schemas.ports import CrossValidation, Examples

if TYPE_CHECKING:
    from numpy.typing import NDArray

PARTS = 3  # of the classes, one of which a network does not learn


def trainings(folds: int, classes: int) -> int:
    """Return how many networks `cross_validated` trains, the last one included.

    >>> trainings(5, 18)
    31
    """
    return folds + folds * (folds - 1) // 2 + folds * parts(classes) + 1


def parts(classes: int) -> int:
    """Return into how many parts the classes are divided; one class has nobody to be a stranger to."""
    return min(PARTS, classes) if classes > 1 else 0


def cross_validated(
    fitting: Fitting,
    examples: Examples,
    folds: NDArray[np.int32],
    *,
    model: str,
    false_alarms_per_hour: float,
    report: Callable[[int], None],
) -> tuple[Arrays, CrossValidation]:
    """Train a network on all *examples*, and measure on each fold one that was trained without it.

    Nothing that a fold is measured by has seen it: the network, what it was standardised by and the thresholds come
    from the other folds, the thresholds from networks that were trained without one more of these. What becomes of
    sounds of classes that the network does not know is measured by leaving out a part of the classes too.

    Args:
        fitting: What trains.
        examples: Each of one class or of none.
        folds: Of each example, shape (examples,).
        model: Name of the architecture.
        false_alarms_per_hour: What thresholds are chosen for.
        report: Called with the number of networks that are trained.

    Returns:
        The weights of the network that learnt from all, and the measurement.
    """
    truth = truths(examples)
    seconds = (examples.lengths * examples.hop_s).astype(np.float32)
    numbers = range(int(folds.max()) + 1)
    done = count(1)

    def trained(chosen: NDArray[np.bool_]) -> Arrays:
        weights = fitting(chosen)
        report(next(done))
        return weights

    def heard(*out: int) -> NDArray[np.float32]:
        """Return the scores of the examples in these folds, by a network that was trained without them."""
        held = np.isin(folds, out)
        scores = _nothing(examples)
        scores[held] = fitting.scores(trained(~held), held)
        return scores

    def strange(fold: int) -> NDArray[np.float32]:
        """Return the scores of the examples in a fold, by networks that were trained without it and their class."""
        scores = _nothing(examples)
        for part in range(parts(len(examples.labels))):
            unheard = np.arange(len(examples.labels)) % parts(len(examples.labels)) == part
            of_unheard = np.isin(truth, np.flatnonzero(unheard))
            weights = trained((folds != fold) & ~of_unheard)
            left = (folds == fold) & of_unheard
            if left.any():
                scores[left] = fitting.scores(weights, left)
                scores[np.ix_(left, unheard)] = np.nan
        return scores

    def chosen(heard_of: Mapping[int, NDArray[np.float32]]) -> NDArray[np.float64]:
        """Return the thresholds that the examples of some folds lead to, with the scores that are given for each."""
        rows = np.isin(folds, list(heard_of))
        scores = _of_folds(folds, heard_of)
        return thresholds(scores[rows], truth[rows], seconds[rows], false_alarms_per_hour)

    single = {fold: heard(fold) for fold in numbers}
    paired = {pair: heard(*pair) for pair in combinations(numbers, 2)}
    without = [
        {other: paired[min(fold, other), max(fold, other)] for other in numbers if other != fold} for fold in numbers
    ]
    measured = CrossValidation(
        stream=examples.stream,
        model=model,
        labels=examples.labels,
        ids=examples.ids,
        truth=truth,
        folds=folds,
        seconds=seconds,
        scores=_of_folds(folds, single),
        strange=_of_folds(folds, {fold: strange(fold) for fold in numbers}),
        thresholds=chosen(single),
        of_fold=np.array([chosen(others) for others in without]),
        false_alarms_per_hour=false_alarms_per_hour,
    )
    return trained(np.ones(len(examples), np.bool_)), measured


def truths(examples: Examples) -> NDArray[np.int32]:
    """Return the class of each example, -1 where it is of none."""
    return np.where(examples.targets.any(axis=1), examples.targets.argmax(axis=1), -1).astype(np.int32)


def _nothing(examples: Examples) -> NDArray[np.float32]:
    return np.full((len(examples), len(examples.labels)), np.nan, np.float32)


def _of_folds(folds: NDArray[np.int32], parts: Mapping[int, NDArray[np.float32]]) -> NDArray[np.float32]:
    """Return for each example the row that belongs to its fold; NaN for folds without one."""
    rows = np.full_like(next(iter(parts.values())), np.nan)
    for fold, part in parts.items():
        rows[folds == fold] = part[folds == fold]
    return rows
