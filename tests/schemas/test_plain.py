"""Items of a training as plain data: what is told of them, without their arrays."""

from __future__ import annotations

import json

import numpy as np
import pytest

from flowrun.schemas.plain import plain
from flowrun.schemas.ports import Checkpoint, Examples, Metrics


def test_an_example_is_an_object_with_its_labels() -> None:
    ids, targets = np.array(["a", "b"]), np.array([[True, True], [False, False]])
    lengths = np.ones(2, np.int32)
    item = Examples(np.zeros((2, 1, 4), np.uint8), lengths, targets, ids, ("Dog", "Cat"), "vggish", "balanced")
    assert list(plain(item)) == [
        {"stream": "balanced", "id": "a", "labels": ["Dog", "Cat"]},
        {"stream": "balanced", "id": "b", "labels": []},
    ]


def test_a_checkpoint_is_how_long_its_network_was_trained() -> None:
    item = Checkpoint("balanced", {"name": "moe", "experts": 2}, {}, ("Dog",), "vggish", True, 10, 128, 7, 1, 640, {})
    assert list(plain(item)) == [{"stream": "balanced", "network": "moe", "step": 7, "epoch": 1, "examples": 640}]


def test_metrics_are_json_whatever_their_values_are() -> None:
    values = {"loss": float(np.float32(0.1)), "mAP": float("nan"), "d-prime": float("inf")}
    (got,) = plain(Metrics("balanced", "training", "moe", 7, 1, values))
    assert json.loads(json.dumps(got, allow_nan=False)) == {
        "stream": "balanced",
        "part": "training",
        "model": "moe",
        "step": 7,
        "epoch": 1,
        "loss": 0.1,
        "mAP": None,
        "d-prime": None,
    }


def test_what_has_no_plain_form_says_so() -> None:
    with pytest.raises(TypeError, match="int has no plain form"):
        list(plain(1))
