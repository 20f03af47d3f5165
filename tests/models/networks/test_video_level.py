"""Logistic regression and the mixture of experts, against NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from flowrun.models.networks.logistic import Logistic
from flowrun.models.networks.moe import Moe

from .conftest import drawn

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]  # TensorFlow's own import warns


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def pooled(batch: Any) -> Any:
    """The mean of the frames that are there, each scaled to a length of 1."""
    rows = []
    for frames, length in zip(batch.frames.astype(float), batch.lengths, strict=True):
        there = frames[:length]
        rows.append((there / np.linalg.norm(there, axis=1, keepdims=True)).mean(axis=0))
    return np.array(rows)


def test_logistic(batch: Any) -> None:
    w = drawn(Logistic())
    got = Logistic()(w, *batch)
    np.testing.assert_allclose(got.scores, sigmoid(pooled(batch) @ w["weights"] + w["biases"]), atol=1e-6)
    assert float(got.penalty) == pytest.approx(0.5e-8 * (w["weights"] ** 2).sum())


@pytest.mark.parametrize("experts", [1, 2, 5])
def test_moe(batch: Any, experts: int) -> None:
    network = Moe(experts)
    w, x = drawn(network), pooled(batch)
    expected = np.zeros((6, 4))
    for c in range(4):
        gates = np.exp(x @ w["gates"][:, c * (experts + 1) : (c + 1) * (experts + 1)])
        gates /= gates.sum(axis=1, keepdims=True)
        for e in range(experts):
            own = c * experts + e
            expected[:, c] += gates[:, e] * sigmoid(x @ w["experts"][:, own] + w["expert_biases"][own])
    got = network(w, *batch)
    np.testing.assert_allclose(got.scores, expected, atol=1e-6)
    assert float(got.penalty) == pytest.approx(0.5e-8 * sum((w[name] ** 2).sum() for name in ("gates", "experts")))
