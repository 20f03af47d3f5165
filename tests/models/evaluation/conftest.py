"""Scores and targets as a half-trained network gives them, and harder ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

Batch = tuple[NDArray[np.float32], NDArray[np.bool_]]


@pytest.fixture(scope="session")
def batch() -> Callable[..., Batch]:
    """A function that makes scores and targets, shape (n, classes).

    levels: how many different scores there are, so that many are equal. The first class has no example and the second
    has all; every seventh example has no label but that.
    """

    def make(n: int = 300, classes: int = 30, *, levels: int | None = None, seed: int = 0) -> Batch:
        rng = np.random.default_rng(seed)
        targets = rng.random((n, classes)) < rng.uniform(0.01, 0.3, classes)
        targets[::7] = False
        targets[:, :2] = False, True
        logits = rng.normal(-3, 1.5, (n, classes)) + 2 * targets
        scores: NDArray[Any] = 1 / (1 + np.exp(-logits))
        if levels:
            scores = np.round(scores * levels) / levels
        return scores.astype(np.float32), targets

    return make
