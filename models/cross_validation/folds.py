"""Dividing examples into folds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def stratified_folds(classes: Sequence[int], groups: Sequence[str], count: int) -> NDArray[np.int32]:
    """Divide examples into *count* folds; a group stays whole, and each class is spread as evenly as that allows.

    The largest groups come first, each goes where there is least of what it has most of. Groups that are as many as the
    folds become the folds.

    Args:
        classes: Of each example.
        groups: Of each example.
        count: At most as many as there are groups.

    Returns:
        The fold of each example, numbered from 0 in the order in which they come; shape (examples,).
    Source: the greedy division of scikit-learn's StratifiedGroupKFold.

    >>> stratified_folds([0, 0, 0, 1, 1, 1], ["a", "a", "b", "c", "d", "d"], 2).tolist()
    [0, 0, 1, 0, 1, 1]
    """
    members: dict[str, Counter[int]] = defaultdict(Counter)
    for label, group in zip(classes, groups, strict=True):
        members[group][label] += 1
    folds: list[Counter[int]] = [Counter() for _ in range(count)]
    fold_of: dict[str, int] = {}
    for group in sorted(members, key=lambda name: -members[name].total()):
        own = members[group]
        fold = min(
            range(count),
            key=lambda i: (sum(folds[i][label] * held for label, held in own.items()), folds[i].total()),
        )
        folds[fold] += own
        fold_of[group] = fold
    number = {fold: i for i, fold in enumerate(dict.fromkeys(fold_of[group] for group in groups))}
    return np.array([number[fold_of[group]] for group in groups], np.int32)
