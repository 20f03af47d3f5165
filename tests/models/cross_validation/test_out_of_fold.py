"""A fold is measured by networks and thresholds that know nothing of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from flowrun.models.cross_validation.fitting import Fitting, Stopped
from flowrun.models.cross_validation.folds import stratified_folds
from flowrun.models.cross_validation.measures import measures
from flowrun.models.cross_validation.out_of_fold import cross_validated, trainings, truths
from flowrun.models.training.trainer import Recipe
from flowrun.schemas.ports import CrossValidation, Examples

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]  # TensorFlow's own import warns
RECIPE = Recipe(base_learning_rate=0.1, learning_rate_decay=1.0)
Make = Callable[..., Examples]


def fitting(examples: Examples, model: str = "open_set", steps: int = 30) -> Fitting:
    return Fitting(model, RECIPE, steps, examples, lambda: False)


def validated(examples: Examples, model: str = "open_set", count: int = 4) -> tuple[CrossValidation, list[int]]:
    groups = [] if examples.groups is None else examples.groups.tolist()
    folds = stratified_folds(truths(examples).tolist(), groups, count)
    told: list[int] = []
    given = fitting(examples, model)
    _, measured = cross_validated(given, examples, folds, model=model, false_alarms_per_hour=60, report=told.append)
    return measured, told


@pytest.mark.parametrize("model", ["open_set", "logistic"])
def test_classes_that_can_be_told_apart_are(make: Make, model: str) -> None:
    examples = make(3, 8, unknown=6, pieces=2)
    measured, told = validated(examples, model)
    found = measures(measured)
    assert found.accuracy.min() > 0.9
    assert found.rejected > 0.5
    assert told == list(range(1, trainings(4, 3) + 1))
    assert np.isfinite(measured.scores).all()
    assert ((measured.scores >= 0) & (measured.scores <= 1)).all()
    np.testing.assert_array_equal(np.isnan(measured.strange[np.arange(48), measured.truth[:48]]), True)


def test_what_is_in_a_fold_changes_neither_its_network_nor_its_thresholds(make: Make) -> None:
    """The examples of fold 0 are swapped for noise: the other folds' thresholds move, its own do not."""
    examples = make(3, 8)
    folds = stratified_folds(truths(examples).tolist(), examples.ids.tolist(), 4)
    noise = np.random.default_rng(5).normal(0, 9, examples.features.shape).astype(np.float32)
    spoilt = replace(examples, features=np.where((folds == 0)[:, None, None], noise, examples.features))
    options: dict[str, Any] = {"model": "open_set", "false_alarms_per_hour": 60.0, "report": lambda done: None}
    (_, good), (_, bad) = (cross_validated(fitting(given), given, folds, **options) for given in (examples, spoilt))
    np.testing.assert_array_equal(good.of_fold[0], bad.of_fold[0])
    assert (good.of_fold[1:] != bad.of_fold[1:]).any()
    assert (good.scores[folds == 0] != bad.scores[folds == 0]).any()


def test_one_class_and_other_sounds_are_enough(make: Make) -> None:
    measured, told = validated(make(1, 6, unknown=12))
    assert len(told) == trainings(4, 1) == 11
    found = measures(measured)
    assert found.confusion[0, 0] >= 5
    assert found.confusion[1, 1] >= 10
    assert np.isnan(found.rejected)


def test_labels_drawn_by_lot_are_not_learnt_from_the_other_piece_of_a_recording(make: Make) -> None:
    """With pieces of one recording on both sides chance would look like skill; together they do not."""
    examples = make(2, 20, pieces=4)
    random = np.random.default_rng(3).integers(0, 2, 40)
    lots = replace(examples, targets=np.repeat(random, 4)[:, None] == np.arange(2))
    measured, _ = validated(replace(lots, features=lots.features - 3 * examples.targets[:, None] @ np.eye(2, 16)))
    assert 0.2 < measures(measured).accuracy.mean() < 0.8
    apart = replace(lots, groups=lots.ids)
    measured, _ = validated(replace(apart, features=lots.features - 3 * examples.targets[:, None] @ np.eye(2, 16)))
    assert measures(measured).accuracy.mean() > 0.9


def test_a_run_that_is_to_end_ends(make: Make) -> None:
    examples = make(2, 4)
    with pytest.raises(Stopped):
        Fitting("open_set", RECIPE, 5, examples, lambda: True)(np.ones(8, np.bool_))
