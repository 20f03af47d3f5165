"""Detection: precision and recall are scikit-learn's; false alarms are counted among the other clips."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, precision_recall_curve

from flowrun.models.evaluation.detection import curve, detection
from flowrun.models.evaluation.detection_figure import Drawn, detection_figure

RANDOM = np.random.default_rng(4)
HAS = RANDOM.uniform(size=200) < 0.2
SCORES = (RANDOM.uniform(0, 1, 200) + 0.3 * HAS).round(2).astype(np.float32)  # with ties


def test_the_curve_is_scikit_learns() -> None:
    precision, recall, thresholds = precision_recall_curve(HAS, SCORES)
    got = curve(SCORES, HAS)
    np.testing.assert_allclose(got.threshold[::-1], thresholds)
    np.testing.assert_allclose(got.precision[::-1], precision[:-1])
    np.testing.assert_allclose(got.recall[::-1], recall[:-1])


@pytest.mark.parametrize("per_hour", [0, 1, 10, 100, 10000])
def test_no_more_false_alarms_than_allowed_and_no_lower_threshold_that_finds_more(per_hour: float) -> None:
    got = detection(SCORES, HAS, clip_s=5, false_alarms_per_hour=per_hour)
    assert got.average_precision == pytest.approx(
        average_precision_score(HAS, SCORES), abs=2e-3
    )  # ties are a threshold
    assert got.false_alarms == int(per_hour * (~HAS).sum() * 5 / 3600)
    limits = [t for t in np.unique(SCORES) if (SCORES[~HAS] >= t).sum() <= got.false_alarms]
    best = max((SCORES[HAS] >= t).mean() for t in [*limits, np.inf])
    assert got.recall == best
    if got.threshold is not None:
        assert (SCORES[HAS] >= np.float32(got.threshold)).mean() == best
        assert (SCORES[~HAS] >= np.float32(got.threshold)).sum() <= got.false_alarms


def test_at_the_usual_threshold_alarms_are_counted_in_an_hour_of_the_other_clips() -> None:
    scores, has = np.array([0.9, 0.5, 0.4, 0.6, 0.1, 0.5], np.float32), np.array([True] * 3 + [False] * 3)
    got = detection(scores, has, clip_s=5, false_alarms_per_hour=1)
    assert got.usual_recall == pytest.approx(2 / 3)
    assert got.usual_alarms_per_hour == pytest.approx(2 / (3 * 5 / 3600))


def test_where_another_clip_is_the_loudest_nothing_is_found_without_a_false_alarm() -> None:
    scores, has = np.array([0.5, 0.5, 0.4], np.float32), np.array([True, False, True])
    got = detection(scores, has, clip_s=5, false_alarms_per_hour=1)
    assert (got.recall, got.threshold, got.false_alarms) == (0, None, 0)


def test_the_curves_are_drawn_as_a_small_png() -> None:
    found = detection(SCORES, HAS, clip_s=5, false_alarms_per_hour=100)
    lines = Drawn("yamnet", curve(SCORES, HAS), found), Drawn("listener", curve(SCORES, HAS), found)
    picture = detection_figure({"dog": lines, "siren": lines, "glass": lines})
    assert picture.startswith(b"\x89PNG\r\n")
    assert 5_000 < len(picture) < 60_000
    width, height = (int.from_bytes(picture[at : at + 4], "big") for at in (16, 20))
    assert (width, height) == (902, 726)
    assert detection_figure({"dog": lines, "siren": lines, "glass": lines}) == picture
