"""The page of a training report: one file that needs no other."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from html import escape

from flowrun.models.evaluation.d_prime import d_prime
from flowrun.operators._printable import printable
from flowrun.operators.sinks._measures import short, shown
from flowrun.operators.sinks._page import document, pair, picture, section, table, tiles
from flowrun.operators.sinks._report_figures import ranking
from flowrun.operators.sinks._training_history import TrainingHistory
from flowrun.schemas.late import np
from flowrun.schemas.ports import Metrics, PerClass

TILES = ("mAP", "mAUC", "d-prime", "GAP@20", "Hit@1", "loss")
ALTERNATIVES = {
    "learning_curves": "Learning curves: loss, Hit@1, mAP, GAP@20 and learning rate by epoch",
    "best_and_worst": "Average precision of the best and of the worst classes",
    "positives": "Average precision of each class by its number of examples",
    "calibration": "Share of true ones by score, and how many scores there are",
}


def page(
    history: TrainingHistory, light: Mapping[str, bytes], dark: Mapping[str, bytes], title: str, now: datetime
) -> str:
    """Return the page as HTML; figures are PNG, by name, in both themes."""
    pictures = {name: picture(ALTERNATIVES[name], light[name], dark[name]) for name in light}
    detailed = history.detailed
    sections = [
        _tiles(history),
        section("Learning curves", pictures.get("learning_curves", "")),
        section("Measures", _measures(history)),
        section("Best and worst classes", pictures.get("best_and_worst", "")),
        pair(pictures.get(name, "") for name in ("positives", "calibration")),
        section("All classes", _classes(detailed, detailed.per_class) if detailed and detailed.per_class else ""),
    ]
    return document(title, _subtitle(history), sections, now)


def _latest(history: TrainingHistory) -> Metrics:
    return next(last for part in ("evaluation", "validation", "training") if (last := history.last(part)))


def _subtitle(history: TrainingHistory) -> str:
    latest = _latest(history)
    told = f"{latest.model} on {latest.stream}"
    return escape(printable(told)) + f" · epoch {latest.epoch:,} · step {latest.step:,}"


def _tiles(history: TrainingHistory) -> str:
    latest = _latest(history)
    figures = []
    for name in TILES:
        if name in latest.values:
            best = None if latest.part == "evaluation" else history.best(latest.part, name)
            under = f"best {shown(name, best.value)} in epoch {best.epoch}" if best else latest.part
            under = f"the best in {latest.part}" if best and best.epoch == latest.epoch else under
            label = escape(short(name))
            figures.append((label, shown(name, latest.values[name]), under))
    return tiles(figures)


def _measures(history: TrainingHistory) -> str:
    """Return the table of the measures of each part in its last epoch, and the best of the validation."""
    lasts = {part: last for part in ("training", "validation", "evaluation") if (last := history.last(part))}
    heads = [f"{part}, epoch {last.epoch}" for part, last in lasts.items()]
    rows = []
    for name in history.measures:
        cells = [shown(name, last.values.get(name, math.nan)) for last in lasts.values()]
        best = history.best("validation", name)
        told = f"{shown(name, best.value)} in epoch {best.epoch}" if best else "-"
        rows.append([escape(printable(name)), *cells, *([told] if "validation" in lasts else [])])
    return table(["measure", *heads, *(["best validation"] if "validation" in lasts else [])], rows) if rows else ""


def _classes(metrics: Metrics, classes: PerClass) -> str:
    """Return the table of all classes, best first, those that could not be measured last."""
    known = ranking(classes)
    unknown = np.setdiff1d(np.arange(len(classes.labels)), known)
    rows = []
    for rank, i in enumerate([*known, *unknown], start=1):
        precision, auc = float(classes.average_precision[i]), float(classes.auc[i])
        meter = f'<meter value="{precision:.3f}"></meter>' if rank <= len(known) else ""
        measured = (f"{meter}{shown('mAP', precision)}", shown("mAUC", auc), shown("d-prime", d_prime(auc)))
        rows.append([f"{rank}", escape(printable(classes.labels[i])), f"{classes.positives[i]:,}", *measured])
    heads = ["", "class", "examples", "average precision", "AUC", "d'"]
    note = f'<p class="note">{metrics.part.capitalize()}, epoch {metrics.epoch}.</p>\n'
    return note + table(heads, rows, named=1)
