"""Trainings that run: how far they are, and how well the networks do."""

from __future__ import annotations

import math
from collections import OrderedDict
from threading import Lock
from typing import Any

from flowrun.models.cross_validation.measures import measures, summary
from flowrun.models.evaluation.ranked import average_precision_and_auc
from flowrun.operators._printable import printable
from flowrun.operators.sinks._web.endpoint import Asked, Endpoint
from flowrun.operators.sinks._web.shapes import TRAINING_RUN, a_list, an_object
from flowrun.schemas.late import np
from flowrun.schemas.ports import CrossValidation, Metrics
from flowrun.schemas.run import Run

Data = dict[str, Any]
RUNS = 16
POINTS = 1000  # of a curve; of more every second one goes
TRAINING, VALIDATION = 1, 2  # places in a point, after the step


class TrainingRun:
    """What is known of one network."""

    def __init__(self, name: str, stream: str) -> None:
        self.name, self.stream = name, stream
        self.step = self.epoch = 0
        self.curves: dict[str, dict[int, list[float | None]]] = {}  # by measure and step: [step, training, validation]
        self.per_class: list[Data] = []
        self.confusion: Data | None = None
        self.results: list[str] = []

    def take(self, metrics: Metrics) -> None:
        """Add a measurement."""
        self.step, self.epoch = max(self.step, metrics.step), max(self.epoch, metrics.epoch)
        place = TRAINING if metrics.part == "training" else VALIDATION
        for measure, value in metrics.values.items():
            points = self.curves.setdefault(measure, {})
            points.setdefault(metrics.step, [metrics.step, None, None])[place] = _number(value)
            if len(points) > POINTS:
                for step in sorted(points)[1:-1:2]:
                    del points[step]
        if metrics.per_class:
            rows = metrics.per_class
            columns = zip(rows.labels, rows.positives, rows.average_precision, rows.auc, strict=True)
            self.per_class = [_row(*values) for values in columns]

    def validated(self, validation: CrossValidation) -> None:
        """Take what a cross-validation says."""
        self.confusion = confusion(validation)
        self.results = [printable(line) for line in summary(validation)]
        self.per_class = per_class(validation)


class Training:
    """The endpoint of the trainings of *run*, and what the flow tells of them."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._runs: OrderedDict[tuple[str, str | None], TrainingRun] = OrderedDict()
        self._lock = Lock()

    def endpoints(self) -> list[Endpoint]:
        """Return it."""
        return [Endpoint("GET", "training", "All trainings.", self.all, an_object(runs=a_list(TRAINING_RUN)))]

    def put(self, item: Metrics | CrossValidation) -> None:
        """Take what the flow tells."""
        evaluated = isinstance(item, Metrics) and item.part == "evaluation"
        with self._lock:
            key = item.model, item.stream if evaluated else None  # one network, whatever set it is measured on
            found = self._runs.setdefault(key, TrainingRun(printable(item.model), printable(item.stream)))
            while len(self._runs) > RUNS:
                self._runs.popitem(last=False)
            if isinstance(item, Metrics):
                found.take(item)
            else:
                found.validated(item)

    def all(self, asked: Asked) -> Data:
        """Return them; how far it is, is told of a flow's one long work."""
        health = self._run.health()
        progress = health.progress
        share, text = next(iter(progress.values()), (None, ""))
        if health.ended:
            share = 1.0
        with self._lock:
            runs = list(self._runs.values())
            if not runs and (step := next(iter(progress), None) or self._step()):
                runs, text = [TrainingRun(step, "")], text or "waits for its examples"
            return {"runs": [_data(run, share, text) for run in runs]}

    def _step(self) -> str | None:
        """Return the name of the step that is going to train, if one is."""
        carried = {"Checkpoint", "Metrics", "CrossValidation"}
        steps = self._run.plan.steps
        makers = (link.source for link in self._run.plan.links if link.carries in carried)
        return next((name for name in makers if steps[name].group == "training"), None)


def per_class(validation: CrossValidation) -> list[Data]:
    """Return how well each class is told from all other sounds, thresholds left aside."""
    rows = []
    for i, label in enumerate(validation.labels):
        scores, has = validation.scores[:, i], validation.truth == i
        measured = average_precision_and_auc(np.sort(scores), np.sort(scores[has]))
        rows.append(_row(label, int(has.sum()), *measured))
    return rows


def confusion(item: CrossValidation) -> Data:
    """Return what the examples of each class were taken for, with the thresholds; the last name is none of them."""
    return {"labels": [*map(printable, item.labels), "none of them"], "counts": measures(item).confusion.tolist()}


def _data(run: TrainingRun, share: float | None, text: str) -> Data:
    curves = {measure: [points[step] for step in sorted(points)] for measure, points in run.curves.items()}
    return {
        "name": run.name,
        "stream": run.stream,
        "step": run.step,
        "epoch": run.epoch,
        "share": None if share is None else min(1.0, max(0.0, share)),
        "text": printable(text),
        "curves": curves,
        "per_class": run.per_class,
        "confusion": run.confusion,
        "results": run.results,
    }


def _row(label: str, positives: int, average_precision: float, auc: float) -> Data:
    measured = {"average_precision": _number(average_precision), "auc": _number(auc)}
    return {"label": printable(label), "positives": int(positives), **measured}


def _number(value: float) -> float | None:
    return round(float(value), 6) if math.isfinite(value) else None
