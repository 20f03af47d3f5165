"""Calibration bins are means over the scores in them, of all classes together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from flowrun.models.evaluation.reliability import Reliability, expected_calibration_error


def test_the_bins_are_those_of_scikit_learn(batch: Callable[..., Any]) -> None:
    scores, targets = batch(2000)
    reliability = Reliability()
    reliability.add(scores[:700], targets[:700])
    reliability.add(scores[700:], targets[700:])
    calibration = reliability.calibration()
    share, score = calibration_curve(targets.ravel(), scores.ravel(), n_bins=20)
    filled = calibration.count > 0
    np.testing.assert_allclose(calibration.share[filled], share)
    np.testing.assert_allclose(calibration.score[filled], score, rtol=1e-6)
    assert calibration.count.sum() == scores.size


def test_scores_at_the_edges_are_counted_and_empty_bins_are_nan() -> None:
    reliability = Reliability()
    reliability.add(np.array([[0, 1]], np.float32), np.array([[False, True]]))
    calibration = reliability.calibration()
    assert calibration.count.tolist() == [1, *[0] * 18, 1]
    assert np.isnan(calibration.score[1:-1]).all()
    assert expected_calibration_error(calibration) == 0


@pytest.mark.parametrize("shift", [0.0, 0.2])
def test_the_error_is_how_far_off_all_scores_are(shift: float) -> None:
    rng = np.random.default_rng(0)
    truth = rng.uniform(0, 0.8, (100_000, 1))
    reliability = Reliability()
    reliability.add((truth + shift).astype(np.float32), rng.random((100_000, 1)) < truth)
    assert expected_calibration_error(reliability.calibration()) == pytest.approx(shift, abs=0.01)
