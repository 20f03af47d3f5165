"""The measures of a cross-validation, counted by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from flowrun.models.cross_validation.measures import as_plain, measures, summary
from flowrun.schemas.ports import CrossValidation


def test_they_are_counted_with_the_thresholds_of_each_fold(validation: CrossValidation) -> None:
    found = measures(validation)
    assert found.confusion.tolist() == [[1, 0, 1], [1, 1, 0], [0, 1, 1]]
    assert found.recall.tolist() == [0.5, 0.5]
    assert found.precision.tolist() == [0.5, 0.5]
    assert (found.found, found.mistaken) == (0.5, 0.25)
    assert found.accuracy.tolist() == [1.0, 0.5]  # of the highest scores
    np.testing.assert_allclose(found.hours, 4 / 60)
    np.testing.assert_allclose(found.false_alarms, 60 / 4)
    assert found.rejected == 0.75


def test_another_threshold_of_a_fold_changes_that_fold_alone(validation: CrossValidation) -> None:
    strict = replace(validation, of_fold=np.array([[0.95, 0.95], [0.5, 0.5]]))
    assert measures(strict).confusion.tolist() == [[0, 0, 2], [1, 0, 1], [0, 1, 1]]
    assert measures(strict).accuracy.tolist() == measures(validation).accuracy.tolist()


def test_the_summary_says_what_the_data_is_too_short_to_promise(validation: CrossValidation) -> None:
    lines = list(summary(validation))
    assert lines[0] == "set: 4 examples of 2 classes and 2 of none, 2 folds"
    assert "sounds of no class: 50.0% are unknown, as they should be" in lines
    assert lines[-1].startswith("the other sounds last 0.067 h: too short to promise 1 per hour")
    long = replace(validation, seconds=np.full(6, 3600, np.float32))
    assert not any("too short" in line for line in summary(long))


def test_what_cannot_be_measured_is_null(validation: CrossValidation) -> None:
    nobody = replace(validation, strange=np.full((6, 2), np.nan, np.float32), of_fold=np.full((2, 2), 2.0))
    told = as_plain(nobody)
    assert told["values"]["rejected of classes never heard"] is None
    assert told["classes"]["a"]["precision"] is None
    assert told["classes"]["a"]["recall"] == 0
    assert told["classes"]["b"]["threshold"] == pytest.approx(0.45)
