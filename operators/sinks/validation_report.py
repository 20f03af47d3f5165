"""A report of a cross-validation."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from reactivex import Observable

from flowrun.models.atomic_file import atomic_file
from flowrun.models.cross_validation.measures import UNKNOWN, as_plain, measures, recognised
from flowrun.operators._printable import printable
from flowrun.operators.sinks._confusion_figure import confusion_figure
from flowrun.operators.sinks._figure import DARK, LIGHT
from flowrun.operators.sinks._on_demand import on_demand
from flowrun.operators.sinks._validation_page import validation_page
from flowrun.schemas.kernel import Sink, write_to
from flowrun.schemas.ports import CrossValidation
from flowrun.schemas.run import Run
from flowrun.schemas.spec import operator


@operator
def validation_report(
    validation: Observable[CrossValidation], *, folder: Path, title: str = "How good is it?", run: Run
) -> Sink:
    """Write what a cross-validation found: a page, a picture, tables.

    `report.html` needs no other file; `confusion_matrix.png` is the picture in it, `confusion_matrix.csv` the same as
    numbers, `measures.json` all measures, and `examples.csv` what was made of each example.

    Args:
        folder: Where they go.
        title: Heading of the page.
    """
    return write_to(validation, lambda: _Writer(folder, title, run))


class _Writer:
    def __init__(self, folder: Path, title: str, run: Run) -> None:
        self.folder = folder
        self.title = title
        self.run = run
        on_demand("matplotlib.figure", "validation_report")  # what is amiss is told now, not after the training
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, item: CrossValidation) -> None:
        found = measures(item)
        names = [*item.labels, UNKNOWN]
        rows = found.confusion if found.confusion[-1].any() else found.confusion[:-1]
        light, dark = (confusion_figure(rows, names, theme) for theme in (LIGHT, DARK))
        with atomic_file(self.folder / "confusion_matrix.png", "wb") as out:
            out.write(light)
        self._table(
            "confusion_matrix.csv", [["is", *names], *([n, *r] for n, r in zip(names, rows.tolist(), strict=False))]
        )
        self._table("examples.csv", examples(item))
        with atomic_file(self.folder / "measures.json") as out:
            json.dump(as_plain(item), out, indent=1, ensure_ascii=False)
            out.write("\n")
        with atomic_file(self.folder / "report.html") as out:
            out.write(validation_page(item, found, light, dark, self.title, self.run.now()))

    def close(self) -> None:
        pass

    def abort(self) -> None:
        pass

    def _table(self, name: str, rows: list[list[object]]) -> None:
        with atomic_file(self.folder / name) as out:
            csv.writer(out, lineterminator="\n").writerows(
                [printable(cell) if isinstance(cell, str) else cell for cell in row] for row in rows
            )


def examples(item: CrossValidation) -> list[list[object]]:
    """Return a table of what was made of each example, with a line of names."""
    names = (*item.labels, UNKNOWN)
    taken = recognised(item.scores, item.of_fold[item.folds])
    best = item.scores.argmax(axis=1)
    columns = zip(
        item.ids.tolist(), item.folds.tolist(), item.truth.tolist(), taken.tolist(), best.tolist(), strict=True
    )
    rows: list[list[object]] = [
        [example, fold + 1, names[truth], names[found], names[likeliest], round(float(item.scores[i, likeliest]), 4)]
        for i, (example, fold, truth, found, likeliest) in enumerate(columns)
    ]
    return [["example", "fold", "class", "recognised_as", "likeliest", "score"], *rows]
