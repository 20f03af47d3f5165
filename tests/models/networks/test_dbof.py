"""Deep bag of frames: the short way computes what YouTube-8M's long way does, and so are its gradients."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pytest

from flowrun.models.networks.dbof import Dbof, draw_frames
from flowrun.models.networks.moe import Moe
from flowrun.models.tensorflow_on_demand import tf

from .conftest import drawn

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]  # TensorFlow's own import warns
SEED = np.array([3, 4], np.int32)
Pooling = Literal["max", "average"]


def small(pooling: Pooling) -> Dbof:
    return Dbof(dbof_cluster_size=11, dbof_hidden_size=6, dbof_pooling_method=pooling, iterations=9)


def batch_norm(w: Any, name: str, x: Any, moving: dict[str, Any] | None) -> Any:
    mean, variance = tf.nn.moments(x, 0)
    if moving is None:
        mean, variance = w[f"{name}/moving_mean"], w[f"{name}/moving_variance"]
    else:
        kept = (1 + SEED[1]) / (10 + SEED[1])  # less than 0.999 at first
        moving[f"{name}/moving_mean"] = kept * w[f"{name}/moving_mean"] + (1 - kept) * mean
        moving[f"{name}/moving_variance"] = kept * w[f"{name}/moving_variance"] + (1 - kept) * variance
    return tf.nn.batch_normalization(x, mean, variance, w[f"{name}/beta"], w[f"{name}/gamma"], 1e-3)


def the_long_way(network: Dbof, w: Any, batch: Any, chosen: Any, moving: dict[str, Any] | None) -> Any:
    """Every draw is a frame of its own; all of them are projected, normalised and pooled."""
    frames = tf.gather(tf.nn.l2_normalize(batch.frames, -1), chosen, batch_dims=1)
    rows = batch_norm(w, "input_bn", tf.reshape(frames, (-1, frames.shape[2])), moving)
    active = tf.nn.relu6(batch_norm(w, "cluster_bn", rows @ w["clusters"], moving))
    active = tf.reshape(active, (*frames.shape[:2], -1))
    pooled = tf.reduce_max(active, 1) if network.dbof_pooling_method == "max" else tf.reduce_mean(active, 1)
    hidden = tf.nn.relu6(batch_norm(w, "hidden_bn", pooled @ w["hidden"], moving))
    return Moe().classify(w, hidden).scores


@pytest.mark.parametrize("pooling", ["max", "average"])
def test_training(batch: Any, pooling: Pooling) -> None:
    network = small(pooling)
    w = {name: tf.Variable(value) for name, value in drawn(network).items()}
    w["cluster_bn/gamma"].assign_sub(3 * tf.one_hot(2, 11))  # a negative scale turns the maximum round
    trained = {name: value for name, value in w.items() if "moving" not in name}
    moving: dict[str, Any] = {}
    weighted = np.random.default_rng(5).normal(size=(6, 4)).astype(np.float32)
    with tf.GradientTape(persistent=True) as tape:
        short = network(w, batch.frames, batch.lengths, SEED)
        long = the_long_way(network, w, batch, draw_frames(batch.lengths, 9, SEED), moving)
        short_sum, long_sum = (tf.reduce_sum(scores * weighted) for scores in (short.scores, long))
    np.testing.assert_allclose(short.scores, long, atol=1e-5)
    assert set(short.moving) == set(moving)
    for name, value in moving.items():
        np.testing.assert_allclose(short.moving[name], value, atol=1e-5, err_msg=name)
    ours = tape.gradient(short_sum, trained, unconnected_gradients="zero")
    theirs = tape.gradient(long_sum, trained, unconnected_gradients="zero")
    for name in trained:
        np.testing.assert_allclose(ours[name], theirs[name], atol=2e-5, err_msg=name)


@pytest.mark.parametrize("pooling", ["max", "average"])
def test_inference_looks_at_every_frame_once(batch: Any, pooling: Pooling) -> None:
    network = small(pooling)
    w = drawn(network)
    got = network(w, *batch).scores
    for i, length in enumerate(batch.lengths):
        one = type(batch)(batch.frames[i : i + 1], batch.lengths[i : i + 1])
        expected = the_long_way(network, w, one, np.arange(length)[None], None)
        np.testing.assert_allclose(got[i : i + 1], expected, atol=1e-5)


def test_frames_are_drawn_alike_and_only_those_that_are_there() -> None:
    drawn_frames = draw_frames(np.array([10, 3], np.int32), 30_000, SEED).numpy()
    np.testing.assert_allclose(np.bincount(drawn_frames[0]) / 30_000, np.full(10, 0.1), atol=0.01)
    np.testing.assert_allclose(np.bincount(drawn_frames[1]) / 30_000, np.full(3, 1 / 3), atol=0.02)
