"""Items for sinks, and a way to write them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from reactivex.subject import Subject

from flowrun.schemas.ports import Calibration, Metrics, PerClass, Prediction, Predictions, Windows


class Writing:
    """A sink under way; `failures` holds what could not be written, `error` what it ended with."""

    def __init__(self, sink: Callable[..., Any], **config: Any) -> None:
        self.failures: list[Exception] = []
        self.error: Exception | None = None
        self._items: Subject[Any] = Subject()
        sink(self._items, **config).subscribe(lambda failed: self.failures.append(failed.error), self._failed)

    def _failed(self, error: Exception) -> None:
        self.error = error

    def write(self, *items: Any) -> Writing:
        """Give it items."""
        for item in items:
            self._items.on_next(item)
        return self

    def close(self) -> Writing:
        """End the flow well."""
        self._items.on_completed()
        return self

    def abort(self) -> Writing:
        """End the flow with an error."""
        self._items.on_error(ValueError("broken"))
        return self


@pytest.fixture
def writing() -> type[Writing]:
    """A class that opens a sink."""
    return Writing


@pytest.fixture
def predictions() -> Callable[..., Predictions]:
    """A function that makes predictions: a row of (label, score) pairs for each window of 1 s, every 0.5 s."""

    def make(stream: str, *rows: list[tuple[str, float]], start_s: float = 0.0, dated: bool = False) -> Predictions:
        began_at = datetime(2026, 1, 1, tzinfo=UTC) if dated else None
        at = Windows(stream, start_s + 0.5 * np.arange(len(rows)), 1.0, 0.5, began_at)
        return Predictions(at, tuple(tuple(Prediction(*pair) for pair in row) for row in rows))

    return make


@pytest.fixture
def metrics() -> Callable[..., Metrics]:
    """A function that makes the metrics of an epoch of 100 steps, with read-only arrays of two classes."""

    def make(
        epoch: int, part: Any = "validation", *, labels: tuple[str, str] = ("Dog", "Cat"), **more: float
    ) -> Metrics:
        values = {"loss": 10 / epoch, "Hit@1": 0.5, "mAP": 0.1 * epoch, "mAUC": 0.94, "d-prime": 2.2, **more}
        per_class = PerClass(labels, np.array([40, 0]), np.array([0.25, np.nan]), np.array([0.75, np.nan]))
        calibration = Calibration(np.array([0.25, np.nan]), np.array([0.125, np.nan]), np.array([80, 0]))
        for array in (per_class.positives, per_class.average_precision, per_class.auc, calibration.score):
            array.flags.writeable = False
        return Metrics("balanced", part, "moe", 100 * epoch, epoch, values, per_class, calibration)

    return make
