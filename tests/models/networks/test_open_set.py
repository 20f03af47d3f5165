"""`open_set` against NumPy: with nothing remembered a softmax, then nearness to the examples too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from flowrun.models.networks.open_set import OpenSet
from flowrun.models.training.familiarity import remembered, standard

from .conftest import CLASSES, DIMS, drawn

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]  # TensorFlow's own import warns


def standardised(batch: Any, w: Any) -> Any:
    highest = [frames[:length].max(axis=0) for frames, length in zip(batch.frames, batch.lengths, strict=True)]
    return (np.array(highest) - w["moving_centre"]) / w["moving_scale"]


def softmax(x: Any) -> Any:
    return np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)


def test_while_it_learns_it_is_a_softmax_with_a_place_for_no_class(batch: Any) -> None:
    w = drawn(OpenSet())
    logits = standardised(batch, w) @ w["weights"] + w["biases"]
    expected = softmax(np.hstack([logits, np.zeros((6, 1))]))[:, :-1]
    np.testing.assert_allclose(OpenSet()(w, *batch).scores, expected, atol=1e-5)


def test_what_is_far_from_all_examples_of_a_class_has_a_low_score(batch: Any) -> None:
    w = drawn(OpenSet(2))
    random = np.random.default_rng(2)
    x = random.normal(size=(20, DIMS)).astype(np.float32)
    targets = np.arange(20)[:, None] % 5 == np.arange(CLASSES)  # every fifth is of no class
    groups = [str(i) for i in range(20)]
    w |= remembered(x, targets, groups, kept=6, neighbours=2, random=random)
    rows = standardised(batch, w)
    probable = softmax(np.hstack([rows @ w["weights"] + w["biases"], np.zeros((6, 1))]))
    unit = [part / np.linalg.norm(part, axis=1, keepdims=True) for part in (rows, x)]
    nearness = np.stack(
        [np.sort(unit[0] @ unit[1][targets[:, label]].T, axis=1)[:, -2:].mean(axis=1) for label in range(CLASSES)], 1
    )
    familiar = 1 / (1 + np.exp(-w["steepness"] * (nearness - w["middle"])))
    expected = probable[:, :-1] / probable.max(axis=1, keepdims=True) * familiar
    np.testing.assert_allclose(OpenSet(2)(w, *batch).scores, expected, atol=1e-4)


def test_a_class_with_few_examples_has_no_disadvantage() -> None:
    """One example remembered, two asked for: the nearness is that of the one, not half of it."""
    network, x = OpenSet(2), np.eye(2, DIMS, dtype=np.float32)
    w = network.initial(DIMS, 2, np.random.default_rng(1))
    w |= {"memory": np.zeros((2, 3, DIMS), np.float32), "remembered": np.array([1, 3], np.float32)}
    w["memory"][0, 0] = x[0]
    w["memory"][1, :] = x[1]
    w |= {"steepness": np.ones(1, np.float32), "middle": np.ones(1, np.float32)}
    scores = network(w, x[:, None], np.ones(2, np.int32)).scores.numpy()
    likely = softmax(np.hstack([x @ w["weights"] + w["biases"], np.zeros((2, 1))]))
    familiar = scores / (likely[:, :2] / likely.max(axis=1, keepdims=True))
    np.testing.assert_allclose(np.diag(familiar), 0.5, atol=1e-5)


def test_the_steepness_tells_own_from_the_nearest_other() -> None:
    """Two tight classes and one recording cut in two, whose halves do not vouch for each other."""
    x = np.array([[1, 0, 0.1], [1, 0, -0.1], [1, 0.1, 0], [0, 1, 0], [0, 1, 0.1], [0.1, 1, 0]], np.float32)
    targets = np.arange(6)[:, None] // 3 == np.arange(2)
    own = remembered(x, targets, list("abcdef"), kept=4, neighbours=2, random=np.random.default_rng(1))
    assert own["remembered"].tolist() == [3, 3]
    assert 0.1 < float(own["middle"][0]) < 0.95
    assert float(own["steepness"][0]) > 10
    cut = remembered(x, targets, list("aaabbb"), kept=4, neighbours=2, random=np.random.default_rng(1))
    assert float(cut["middle"][0]) < float(own["middle"][0])


def test_standardised_examples_have_their_centre_at_0_and_a_mean_length_of_1() -> None:
    x = np.random.default_rng(1).normal(4, 3, (50, DIMS)).astype(np.float32)
    fitted = standard(x)
    rows = (x - fitted["moving_centre"]) / fitted["moving_scale"]
    np.testing.assert_allclose(rows.mean(axis=0), 0, atol=1e-5)
    assert np.square(rows).sum(axis=1).mean() == pytest.approx(1, abs=1e-4)
