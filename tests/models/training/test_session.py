"""A training learns, comes to the same end however often it is interrupted, and refuses what is not its own."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flowrun.schemas import late
from flowrun.schemas.errors import ModelError

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]  # TensorFlow's own import warns


def same(one: Any, other: Any) -> None:
    """All weights are equal, to the last bit."""
    ours, theirs = one.result, other.result
    assert set(ours.weights) == set(theirs.weights)
    for name, value in ours.weights.items():
        np.testing.assert_array_equal(value, theirs.weights[name], err_msg=name)
    assert one.measured.values == other.measured.values
    assert (ours.step, ours.epoch, ours.examples) == (theirs.step, theirs.epoch, theirs.examples)


def curves(study: Any) -> list[Any]:
    kept = [
        {key: value for key, value in metrics.values.items() if key != "examples/s"}
        | {"at": (metrics.part, metrics.step)}
        for metrics in study.metrics
    ]
    return kept


def test_it_learns(study: Any, tmp_path: Path) -> None:
    learning = study(tmp_path, mixup=0.0)
    learning.learn(20)
    result = learning.result
    losses = [metrics.values["loss"] for metrics in learning.metrics if metrics.part == "training"]
    assert losses[-1] < 0.7 * losses[0]
    assert learning.measured.values["Hit@1"] > 0.85
    assert (result.epoch, result.step, result.examples) == (20, 80, 1000)


@pytest.mark.parametrize("at", [1, 3, 4, 5, 11])
def test_an_interrupted_training_comes_to_the_same_end(study: Any, tmp_path: Path, at: int) -> None:
    whole = study(tmp_path / "whole")
    expected = whole.learn()
    assert study(tmp_path / "cut").learn(only=at) is None
    again = study(tmp_path / "cut")
    same(again.learn(), expected)
    assert curves(again) == curves(whole)


def test_a_killed_training_goes_on_from_the_last_checkpoint(study: Any, tmp_path: Path) -> None:
    expected = study(tmp_path / "whole").learn()
    killed = study(tmp_path / "cut")
    killed.session.stop = lambda: None  # nothing is written when a process is killed
    killed.learn(only=7)
    again = study(tmp_path / "cut")
    same(again.learn(), expected)


def test_a_measurement_that_is_interrupted_is_made_up_for(study: Any, tmp_path: Path) -> None:
    whole = study(tmp_path / "whole").learn()
    cut = study(tmp_path / "cut", stop_in_validation_of=2)
    cut.learn(only=8)
    assert [metrics.epoch for metrics in cut.metrics if metrics.part == "validation"] == [1]
    again = study(tmp_path / "cut")
    same(again.learn(), whole)
    assert curves(again) == curves(whole)


def test_a_finished_training_is_not_repeated_and_can_go_further(study: Any, tmp_path: Path) -> None:
    expected = study(tmp_path / "long").learn(6)
    done = study(tmp_path / "cut")
    done.learn(3)
    repeated = study(tmp_path / "cut")
    same(repeated.learn(3), study(tmp_path / "three").learn(3))
    further = study(tmp_path / "cut")
    same(further.learn(6), expected)


def test_the_best_network_is_kept_and_patience_ends(study: Any, tmp_path: Path) -> None:
    learning = study(
        tmp_path, keep="best", metric="loss", patience=3, base_learning_rate=0.3, mixup=0.0, average_decay=0.0
    )
    learning.learn(60)
    result = learning.result
    losses = {m.epoch: m.values["loss"] for m in learning.metrics if m.part == "validation"}
    assert result.epoch == min(losses, key=lambda epoch: losses[epoch])
    assert learning.measured.values["loss"] == pytest.approx(losses[result.epoch], abs=1e-6)
    assert max(losses) == result.epoch + 3 < 60


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"base_learning_rate": 0.01}, "base_learning_rate 0.05, not 0.01"),
        ({"model": "logistic", "options": {}}, "model lstm, not logistic"),
        ({"options": {"lstm_cells": 7, "lstm_layers": 1}}, "lstm_cells 6, not 7"),
        ({"data": 8}, "was trained on other examples, or in another order"),
    ],
)
def test_the_checkpoint_of_another_training_is_refused(study: Any, tmp_path: Path, change: Any, said: str) -> None:
    study(tmp_path).learn(only=5)
    before = (tmp_path / "checkpoint.npz").read_bytes()
    with pytest.raises(ModelError, match=said):
        study(tmp_path, **change).learn()
    assert (tmp_path / "checkpoint.npz").read_bytes() == before


@pytest.mark.parametrize(
    "damage", [lambda data: data[:1000], lambda data: b"", lambda data: data[:3000] + b"?" + data[3001:]]
)
def test_a_damaged_checkpoint_is_told(study: Any, tmp_path: Path, damage: Any) -> None:
    study(tmp_path).learn(only=5)
    path = tmp_path / "checkpoint.npz"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ModelError, match=f"{path}: not a checkpoint that can be read: .*; delete it to start again"):
        study(tmp_path).learn()


def test_a_full_disk_leaves_the_last_checkpoint(study: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = study(tmp_path / "whole").learn()
    interrupted = study(tmp_path / "cut")
    interrupted.learn(only=5)
    before = (tmp_path / "cut" / "checkpoint.npz").read_bytes()

    def full(stream: Any, **arrays: Any) -> None:
        stream.write(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(late.np, "savez", full)
        with pytest.raises(OSError, match="No space left on device"):
            study(tmp_path / "cut").learn()
    assert os.listdir(tmp_path / "cut") == ["checkpoint.npz"]
    assert (tmp_path / "cut" / "checkpoint.npz").read_bytes() == before
    same(study(tmp_path / "cut").learn(), expected)


def test_a_loss_that_is_no_number_ends_it(study: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"the loss is (nan|inf) after \d+ steps: lower `base_learning_rate`"):
        study(tmp_path, base_learning_rate=1e30, clip_gradient_norm=0.0, average_decay=0.0).learn(30)


def test_bfloat16_comes_close(study: Any, tmp_path: Path) -> None:
    exact = study(tmp_path / "exact", mixup=0.0).learn(10)
    coarse = study(tmp_path / "coarse", mixup=0.0, mixed_precision=True).learn(10)
    assert coarse.measured.values["loss"] == pytest.approx(exact.measured.values["loss"], rel=0.05)
    assert all(value.dtype == np.float32 for value in coarse.result.weights.values())


def test_the_progress_is_told(study: Any, tmp_path: Path) -> None:
    learning = study(tmp_path)
    learning.learn(2)
    assert "epoch 2/2" in learning.told[-1]
    assert "loss" in learning.told[-1]
    assert "Hit@1" in learning.told[-1]
