"""All measures of an evaluation, against YouTube-8M's definitions, however the examples are cut into batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import norm
from sklearn.metrics import average_precision_score

from flowrun.models.evaluation.d_prime import d_prime
from flowrun.models.evaluation.evaluation import Evaluation

LABELS = tuple("abcdefghijklmnopqrstuvwxyzABCD")
RANKED = ("mAP", "mAUC", "GAP@20")
ties = pytest.mark.parametrize("levels", [None, 20], ids=["all different", "many equal"])


def measured(scores: NDArray[Any], targets: NDArray[Any], *edges: int, limit_bytes: int = 1 << 30) -> Evaluation:
    evaluation = Evaluation(LABELS, limit_bytes=limit_bytes)
    for s, t in zip(np.split(scores, edges), np.split(targets, edges), strict=True):
        evaluation.add(s, t)
    return evaluation


def youtube_8m(scores: NDArray[Any], targets: NDArray[Any]) -> dict[str, float]:
    """Return the measures, example by example; of equal scores the first class goes first."""
    hits = precision = 0.0
    pool: list[tuple[bool, float]] = []
    for score, target in zip(scores, targets, strict=True):
        order = np.argsort(-score, kind="stable")
        hits += target[order[0]]
        if labels := target.sum():
            right = [target[i] for i in order[:labels] if score[i] > 0]
            precision += sum(right) / labels
        pool += [(target[i], score[i]) for i in order[:20]]
    found, best = np.array(pool, np.float64).T
    gap = average_precision_score(found, best) * found.sum() / targets.sum()
    return {"Hit@1": hits / len(scores), "PERR": precision / len(scores), "GAP@20": gap}


@ties
def test_the_measures_are_those_of_youtube_8m(levels: int | None, batch: Callable[..., Any]) -> None:
    scores, targets = batch(levels=levels)
    scores[::5] *= 0.5  # fewer ties at the very top
    values = measured(scores, targets).result().values
    for name, expected in youtube_8m(scores, targets).items():
        assert values[name] == pytest.approx(expected, rel=1e-12), name


@ties
@pytest.mark.parametrize("limit_bytes", [1 << 30, 20_000, 0], ids=["exact", "exact at first", "histograms"])
def test_any_batches_give_what_the_whole_gives(levels: int | None, limit_bytes: int, batch: Callable[..., Any]) -> None:
    scores, targets = batch(levels=levels)
    whole = measured(scores, targets, limit_bytes=limit_bytes).result()
    for edges in ([1, 1, 8, 250], range(1, 300)):
        parts = measured(scores, targets, *edges, limit_bytes=limit_bytes).result()
        assert parts.values == pytest.approx(whole.values, rel=1e-12)
        np.testing.assert_array_equal(parts.per_class.auc, whole.per_class.auc)
        np.testing.assert_allclose(parts.calibration.score, whole.calibration.score, rtol=1e-12)


def test_histograms_take_over_at_the_limit_and_stay_within_their_bound(batch: Callable[..., Any]) -> None:
    scores, targets = batch(2000)
    exact, bounded = measured(scores, targets), measured(scores, targets, 600, 700, limit_bytes=50_000)
    assert exact.within() == 0
    assert 0 < bounded.within() < 0.01
    for name in RANKED:
        assert bounded.result().values[name] == pytest.approx(exact.result().values[name], abs=bounded.within())


def test_the_means_are_over_the_classes_that_can_be_measured(batch: Callable[..., Any]) -> None:
    values, per_class, _ = measured(*batch()).result()
    assert values["mAP"] == pytest.approx(per_class.average_precision[1:].mean())
    assert values["mAUC"] == pytest.approx(per_class.auc[2:].mean())
    assert values["d-prime"] == pytest.approx(np.sqrt(2) * norm.ppf(values["mAUC"]))


def test_the_loss_is_the_mean_over_examples() -> None:
    evaluation = Evaluation(("a",))
    for n, loss in ((1, 4.0), (3, 2.0)):
        evaluation.add(np.full((n, 1), 0.5, np.float32), np.ones((n, 1), bool), loss)
    assert evaluation.result().values["loss"] == 2.5


def test_without_any_label_ranking_is_undefined_and_hits_are_0() -> None:
    values = measured(np.full((4, 30), 0.5), np.zeros((4, 30), bool)).result().values
    assert (values["Hit@1"], values["PERR"]) == (0, 0)
    assert all(np.isnan(values[name]) for name in (*RANKED, "d-prime"))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -0.1, 1.5])
def test_what_is_no_score_is_refused(bad: float) -> None:
    scores = np.full((2, 30), 0.5, np.float32)
    scores[1, 3] = bad
    with pytest.raises(ValueError, match=r"they must be in \[0, 1\]"):
        Evaluation(LABELS).add(scores, np.zeros((2, 30), bool))


def test_shapes_that_do_not_fit_and_no_examples_are_refused() -> None:
    with pytest.raises(ValueError, match=r"scores have the shape \(2, 3\), targets \(2, 30\): both must be"):
        Evaluation(LABELS).add(np.zeros((2, 3), np.float32), np.zeros((2, 30), bool))
    with pytest.raises(ValueError, match="there is no example"):
        measured(np.zeros((0, 30)), np.zeros((0, 30))).result()


def test_d_prime_of_a_perfect_and_of_an_unknown_auc() -> None:
    assert (d_prime(1.0), d_prime(0.0)) == (np.inf, -np.inf)
    assert np.isnan(d_prime(np.nan))
