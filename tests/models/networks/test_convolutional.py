"""The convolutional network, place by place in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from flowrun.models.networks.convolutional import LAYERS, Convolutional

from .conftest import drawn
from .test_video_level import sigmoid

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]  # TensorFlow's own import warns
SMALL = Convolutional(conv_channels=32, conv_embedding=6)
PATCHES = np.random.default_rng(0).normal(size=(3, 32, 32)).astype(np.float32)
LENGTHS = np.full(3, 32, np.int32)


def layer(w: Any, name: str, seen: Any) -> Any:
    """One layer on one patch, shape (rows, columns, channels)."""
    filters, of = w[f"{name}/filters"].astype(float), {k: w[f"{name}/bn/{k}"].astype(float) for k in BN}
    padded = np.pad(seen, ((0, 1), (0, 1), (0, 0)))  # SAME, for even sizes and a stride of 2
    rows, columns = seen.shape[0] // 2, seen.shape[1] // 2
    out = np.empty((rows, columns, filters.shape[3]))
    for i in range(rows):
        for j in range(columns):
            out[i, j] = np.einsum("abc,abcd->d", padded[2 * i : 2 * i + 3, 2 * j : 2 * j + 3], filters)
    scaled = (out - of["moving_mean"]) / np.sqrt(of["moving_variance"] + 1e-3) * of["gamma"] + of["beta"]
    return np.maximum(0, scaled)


BN = ("gamma", "beta", "moving_mean", "moving_variance")


def test_scores_and_embeddings_are_those_of_the_equation() -> None:
    w = drawn(SMALL, 32)
    given = SMALL(w, PATCHES, LENGTHS)
    for patch, scores, embedding in zip(PATCHES, given.scores, np.asarray(given.embedding), strict=True):
        seen = patch[:, :, None].astype(float)
        for number in range(LAYERS):
            seen = layer(w, f"conv_{number}", seen)
        expected = np.maximum(0, seen.mean((0, 1)) @ w["embedding/weights"] + w["embedding/biases"])
        np.testing.assert_allclose(embedding, expected, rtol=1e-3, atol=1e-4)
        np.testing.assert_allclose(scores, sigmoid(expected @ w["scores/weights"] + w["scores/biases"]), atol=1e-4)


def test_each_layer_has_twice_the_channels_of_the_one_before() -> None:
    w = SMALL.initial(32, 4, np.random.default_rng(1))
    assert [w[f"conv_{number}/filters"].shape[2:] for number in range(LAYERS)] == [
        (1, 2),
        (2, 4),
        (4, 8),
        (8, 16),
        (16, 32),
    ]


def test_training_normalises_by_the_batch_and_moves_the_averages() -> None:
    w = drawn(SMALL, 32)
    filters = w["conv_0/filters"]
    given = SMALL(w, PATCHES, LENGTHS, np.array([1, 5], np.int32))
    mean = np.array(
        [
            [
                np.einsum("abc,abcd->d", np.pad(p, ((0, 1), (0, 1)))[i : i + 3, j : j + 3, None], filters)
                for i in range(0, 32, 2)
                for j in range(0, 32, 2)
            ]
            for p in PATCHES
        ]
    ).mean((0, 1))
    moved = given.moving["conv_0/bn/moving_mean"]
    np.testing.assert_allclose(moved, 6 / 15 * w["conv_0/bn/moving_mean"] + 9 / 15 * mean, atol=1e-5)
    assert not np.allclose(given.scores, SMALL(w, PATCHES, LENGTHS).scores, atol=1e-3)
