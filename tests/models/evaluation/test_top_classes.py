"""The best classes are those of a stable sort, whatever else is in the batch."""

from __future__ import annotations

import numpy as np
import pytest

from flowrun.models.evaluation.top_classes import top_classes


@pytest.mark.parametrize("k", [1, 3, 20])
def test_they_are_sorted_and_of_equal_scores_the_first_class_goes_first(k: int) -> None:
    scores = np.random.default_rng(k).integers(0, 5, (100, 20)).astype(np.float32)
    assert np.array_equal(top_classes(scores, k), np.argsort(-scores, axis=1, kind="stable")[:, :k])


def test_minus_zero_is_zero() -> None:
    assert top_classes(np.array([[0.0, -0.0, 1e-40]], np.float32), 3).tolist() == [[2, 0, 1]]
