"""AP and AUC of a class are those of scikit-learn, also where scores are equal; histograms are within their bound."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from flowrun.models.evaluation.kept_scores import KeptScores
from flowrun.models.evaluation.score_histograms import ScoreHistograms

ties = pytest.mark.parametrize("levels", [None, 100, 5, 1], ids=lambda levels: f"{levels} levels")


def known(scores: NDArray[Any], targets: NDArray[np.bool_]) -> tuple[list[float], list[float]]:
    """Return what scikit-learn says of the classes that have positives and negatives."""
    mixed = range(2, scores.shape[1])
    return (
        [average_precision_score(targets[:, i], scores[:, i]) for i in mixed],
        [roc_auc_score(targets[:, i], scores[:, i]) for i in mixed],
    )


@ties
def test_kept_scores_give_what_scikit_learn_gives(levels: int | None, batch: Callable[..., Any]) -> None:
    scores, targets = batch(classes=70, levels=levels)
    kept = KeptScores(70)
    kept.add(scores[:100], targets[:100])
    kept.add(scores[100:], targets[100:])
    ranked = kept.ranked()
    average_precision, auc = known(scores, targets)
    np.testing.assert_allclose(ranked.average_precision[2:], average_precision, rtol=1e-12)
    np.testing.assert_allclose(ranked.auc[2:], auc, rtol=1e-12)
    assert ranked.positives.tolist() == targets.sum(axis=0).tolist()


@ties
@pytest.mark.parametrize("n", [300, 5000])
def test_histograms_are_within_the_bound_they_state(levels: int | None, n: int, batch: Callable[..., Any]) -> None:
    scores, targets = batch(n, levels=levels)
    histograms = ScoreHistograms(30)
    histograms.add(scores, targets)
    ranked = histograms.ranked()
    average_precision, auc = known(scores, targets)
    assert (np.abs(ranked.average_precision[2:] - average_precision) <= ranked.error_ap[2:] + 1e-12).all()
    assert (np.abs(ranked.auc[2:] - auc) <= ranked.error_auc[2:] + 1e-12).all()
    if levels is None:  # scores as a network gives them
        assert ranked.error_ap[2:].max() < 0.02
        assert ranked.error_auc[2:].max() < 0.002
        assert np.abs(ranked.average_precision[2:] - average_precision).mean() < 5e-4


@pytest.mark.parametrize("kind", [KeptScores, ScoreHistograms])
def test_a_class_without_positives_or_without_negatives_has_nan(
    kind: type[KeptScores | ScoreHistograms], batch: Callable[..., Any]
) -> None:
    ranking = kind(30)
    assert np.isnan(ranking.ranked().average_precision).all()
    ranking.add(*batch())
    ranked = ranking.ranked()
    assert np.isnan(ranked.average_precision[:2]).tolist() == [True, False]
    assert np.isnan(ranked.auc[:2]).tolist() == [True, True]


def test_scores_of_0_and_1_are_counted_at_the_ends() -> None:
    histograms = ScoreHistograms(1)
    histograms.add(np.array([[0], [-0.0], [1], [1]], np.float32), np.array([[0], [0], [1], [1]], bool))
    assert histograms.ranked().auc.tolist() == [1]
