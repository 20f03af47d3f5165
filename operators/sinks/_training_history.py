"""What a training has given so far, for a report."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

from flowrun.operators.sinks._measures import ordered
from flowrun.schemas.ports import Metrics

LOWER_IS_BETTER = {"loss", "ECE"}


class Best(NamedTuple):
    """The best value of a measure, and the epoch that has it."""

    value: float
    epoch: int


class TrainingHistory:
    """The metrics of each part and epoch; what comes again replaces what was there.

    `detailed` are the latest metrics with measures of each class: of an evaluation, else of the validation.
    """

    def __init__(self) -> None:
        self.parts: dict[str, dict[int, Metrics]] = {}
        self.detailed: Metrics | None = None

    def add(self, item: Metrics) -> None:
        """Take the metrics of an epoch; arrays are kept of the latest only."""
        rank = ("training", "validation", "evaluation").index
        if item.per_class and (not self.detailed or rank(item.part) >= rank(self.detailed.part)):
            self.detailed = item
        self.parts.setdefault(item.part, {})[item.epoch] = replace(item, per_class=None, calibration=None)

    def curve(self, part: str, measure: str) -> tuple[list[int], list[float]]:
        """Return the epochs in which *measure* has a value, and the values."""
        epochs = self.parts.get(part, {})
        points = [(epoch, epochs[epoch].values.get(measure, math.nan)) for epoch in sorted(epochs)]
        known = [(epoch, value) for epoch, value in points if math.isfinite(value)]
        return [epoch for epoch, _ in known], [value for _, value in known]

    def last(self, part: str) -> Metrics | None:
        """Return the metrics of the latest epoch."""
        epochs = self.parts.get(part, {})
        return epochs[max(epochs)] if epochs else None

    def best(self, part: str, measure: str) -> Best | None:
        """Return the best value of a measure, the earliest of equal ones.

        >>> history = TrainingHistory()
        >>> for epoch, loss in ((1, 3.0), (2, 2.0), (3, 2.5)):
        ...     history.add(Metrics("set", "validation", "moe", epoch, epoch, {"loss": loss}))
        >>> history.best("validation", "loss")
        Best(value=2.0, epoch=2)
        """
        epochs, values = self.curve(part, measure)
        choose = min if measure in LOWER_IS_BETTER else max
        return Best(value := choose(values), epochs[values.index(value)]) if values else None

    @property
    def measures(self) -> list[str]:
        """The names of all measures, in the order in which they are shown."""
        items = [item for epochs in self.parts.values() for item in epochs.values()]
        return ordered({name for item in items for name in item.values})
