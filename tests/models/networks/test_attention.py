"""The committee, member by member in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from flowrun.models.networks.attention import Attention

from .conftest import drawn
from .test_video_level import sigmoid

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]  # TensorFlow's own import warns
SMALL = Attention(attention_members=2, attention_frame_units=6, attention_units=7)


def scores(w: Any, name: str, frames: Any) -> Any:
    """What one member makes of the frames of one example, shape (frames, dims)."""

    def normalised(part: str, x: Any) -> Any:
        of = {
            key: w[f"{name}/{part}/{key}"].astype(float) for key in ("gamma", "beta", "moving_mean", "moving_variance")
        }
        return (x - of["moving_mean"]) / np.sqrt(of["moving_variance"] + 1e-3) * of["gamma"] + of["beta"]

    h = np.maximum(0, normalised("frame_bn", normalised("input_bn", frames.astype(float)) @ w[f"{name}/frame"]))
    share = np.exp(h @ w[f"{name}/attention"])
    z = (share / share.sum(axis=0) * h).sum(axis=0)
    whole = np.maximum(0, normalised("whole_bn", z @ w[f"{name}/whole"]))
    return sigmoid(whole @ w[f"{name}/scores"] + w[f"{name}/biases"])


def test_the_members_are_averaged_over_the_frames_that_are_there(batch: Any) -> None:
    w = drawn(SMALL)
    expected = [
        np.mean([scores(w, f"member_{member}", frames[:length]) for member in range(2)], axis=0)
        for frames, length in zip(*batch, strict=True)
    ]
    np.testing.assert_allclose(SMALL(w, *batch).scores, expected, atol=1e-5)


def test_training_normalises_by_the_batch_and_leaves_units_out(batch: Any) -> None:
    w = drawn(SMALL)
    seeds = [np.array([1, step], np.int32) for step in (5, 5, 6)]
    first, again, later = (SMALL(w, batch.frames, batch.lengths, seed) for seed in seeds)
    np.testing.assert_array_equal(first.scores, again.scores)
    assert not np.allclose(first.scores, later.scores)
    np.testing.assert_allclose(first.scores, np.mean(first.members, axis=0), atol=1e-6)
    there = np.concatenate([frames[:length] for frames, length in zip(*batch, strict=True)])
    for member in ("member_0", "member_1"):
        before = w[f"{member}/input_bn/moving_mean"]
        now = first.moving[f"{member}/input_bn/moving_mean"]
        np.testing.assert_allclose(now, 6 / 15 * before + 9 / 15 * there.mean(axis=0), atol=1e-6)


def test_its_members_do_not_leave_out_the_same_units(batch: Any) -> None:
    w = drawn(SMALL)
    same = {name.replace("member_0", "member_1"): value for name, value in w.items() if name.startswith("member_0")}
    members = SMALL(w | same, batch.frames, batch.lengths, np.array([1, 1], np.int32)).members
    assert not np.allclose(members[0], members[1])
