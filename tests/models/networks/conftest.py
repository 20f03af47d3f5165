"""What the tests of networks share: a batch with sequences of many lengths, and TensorFlow's noise kept quiet."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

DIMS, CLASSES = 5, 4


class Batch(NamedTuple):
    """frames: shape (6, 7, 5), zeros past each length."""

    frames: NDArray[np.float32]
    lengths: NDArray[np.int32]


@pytest.fixture
def batch() -> Batch:
    lengths = np.array([7, 1, 3, 7, 2, 5], np.int32)
    frames = np.random.default_rng(0).normal(size=(6, 7, DIMS)).astype(np.float32)
    frames[np.arange(7) >= lengths[:, None]] = 0
    return Batch(frames, lengths)


def drawn(network: Any, dims: int = DIMS, classes: int = CLASSES) -> dict[str, NDArray[np.float32]]:
    """Return weights none of which has a special value, as biases of 0 would be."""
    random = np.random.default_rng(1)
    weights = network.initial(dims, classes, random)
    for name, value in weights.items():
        moved = value + random.normal(0, 0.3, value.shape)
        weights[name] = (np.abs(moved) + 0.1 if name.endswith("variance") else moved).astype(np.float32)
    return dict(weights)
