"""A small set that can be learnt: each class is a direction in the space of the frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from flowrun.models.training.session import Plan, Session
from flowrun.models.training.trainer import Recipe
from flowrun.operators.training.shuffle_batches import _Kernel
from flowrun.schemas.ports import Examples

LABELS = ("a", "b", "c")


def learnable(count: int, seed: int) -> Examples:
    random = np.random.default_rng(seed)
    targets = random.uniform(size=(count, 3)) < 0.4
    targets[np.arange(count), random.integers(3, size=count)] = True
    lengths = random.integers(1, 5, count).astype(np.int32)
    frames = targets.astype(float)[:, None] @ np.eye(3, 8) + random.normal(0, 0.5, (count, 4, 8))
    frames[np.arange(4) >= lengths[:, None]] = 0
    ids = np.array([f"{seed}-{i}" for i in range(count)])
    return Examples(
        frames.astype(np.float32), lengths, targets, ids, LABELS, "vggish", "set", epoch_end=True, last=True
    )


def batches(epochs: int, *, seed: int = 7) -> Iterator[Examples]:
    """50 examples in batches of 16, 4 an epoch, again and again."""
    kernel, whole = _Kernel(16, 1, 1000, balanced=False), learnable(50, seed)
    for epoch in range(epochs):
        yield from kernel(replace(whole, epoch=epoch, epochs=epochs, last=epoch == epochs - 1))


class Study:
    """A training in a folder, by hand: `learn` takes batches until it is told to stop."""

    def __init__(self, folder: Any, **changes: Any) -> None:
        plan = {key: changes.pop(key) for key in ("keep", "metric", "patience", "validate_every") if key in changes}
        self.seed = changes.pop("data", 7)
        self.stop_in = changes.pop("stop_in_validation_of", 0)
        self.ticks = 0.0
        model, options = changes.pop("model", "lstm"), changes.pop("options", {"lstm_cells": 6, "lstm_layers": 1})
        recipe = Recipe(**{"base_learning_rate": 0.05, "mixup": 0.3, "average_decay": 0.9, **changes})
        validation = learnable(40, 99)
        self.told: list[str] = []
        self.session = Session(
            model,
            options,
            recipe,
            Plan(folder, checkpoint_s=0, **plan),
            validation,
            lambda _, text: self.told.append(text),
            self.is_stopping,
            self.clock,
        )
        self.metrics: list[Any] = []

    def is_stopping(self) -> bool:
        return bool(self.session.history.epoch == self.stop_in)

    def clock(self) -> float:
        self.ticks += 1.0
        return self.ticks

    def learn(self, epochs: int = 5, *, only: int = 1000) -> Any:
        """Learn from at most *only* batches; return the result if the end was reached."""
        given = batches(epochs, seed=self.seed)
        first = next(given)
        self.metrics += self.session.begin(first)
        for i, block in enumerate((first, *given)):
            if self.session.finished:
                break
            if i == only:
                self.session.stop()
                return None
            self.metrics += self.session(block)
        self.result, self.measured = self.session.result()
        return self


@pytest.fixture
def study() -> type[Study]:
    return Study
