"""The losses, against YouTube-8M's formulas in NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from flowrun.models.training.losses import cross_entropy, hinge, softmax

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]  # TensorFlow's own import warns
S = np.random.default_rng(0).uniform(size=(7, 5)).astype(np.float32)
S[0, 0], S[0, 1] = 0, 1
T = (np.random.default_rng(1).uniform(size=(7, 5)) < 0.4).astype(np.float32)
T[3] = 0  # an example without a label


def test_cross_entropy_is_finite_at_0_and_1() -> None:
    s, t = S.astype(float), T
    expected = -(t * np.log(s + 1e-5) + (1 - t) * np.log(1 - s + 1e-5)).sum(axis=1).mean()
    assert float(cross_entropy(S, T)) == pytest.approx(expected, rel=1e-5)


def test_hinge() -> None:
    assert float(hinge(S, T)) == pytest.approx(np.maximum(0, 1 - (2 * T - 1) * S).sum(axis=1).mean(), rel=1e-6)


def test_softmax_shares_an_example_among_its_labels() -> None:
    p = np.exp(S) / np.exp(S).sum(axis=1, keepdims=True)
    share = T / np.maximum(T.sum(axis=1, keepdims=True), 1e-7)
    assert float(softmax(S, T)) == pytest.approx(-(share * np.log(p)).sum(axis=1).mean(), rel=1e-5)
