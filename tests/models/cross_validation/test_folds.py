"""Folds keep groups whole, and have a share of each class."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from flowrun.models.cross_validation.folds import stratified_folds


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 30)), min_size=5, max_size=80), st.integers(2, 5))
def test_a_group_is_never_on_both_sides(pairs: list[tuple[int, int]], count: int) -> None:
    classes, groups = [label for label, _ in pairs], [str(group) for _, group in pairs]
    folds = stratified_folds(classes, groups, count)
    assert set(folds.tolist()) <= set(range(count))
    for group in set(groups):
        assert len({fold for fold, own in zip(folds.tolist(), groups, strict=True) if own == group}) == 1


def test_each_class_is_spread_evenly() -> None:
    classes = [0] * 20 + [1] * 10 + [2] * 5
    folds = stratified_folds(classes, [str(i) for i in range(35)], 5)
    for label, share in ((0, 4), (1, 2), (2, 1)):
        assert set(Counter(folds[np.array(classes) == label].tolist()).values()) == {share}


def test_as_many_groups_as_folds_are_the_folds() -> None:
    """So the folds that a list gives are kept."""
    groups = ["1", "2", "3", "5"] * 6
    folds = stratified_folds([0, 1, 2] * 8, groups, 4)
    assert len(set(zip(groups, folds.tolist(), strict=True))) == 4
    assert len(set(folds.tolist())) == 4
