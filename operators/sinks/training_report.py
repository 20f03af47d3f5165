"""A report of a training."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

from reactivex import Observable

from flowrun.models.atomic_file import atomic_file
from flowrun.operators.sinks._figure import DARK, LIGHT
from flowrun.operators.sinks._on_demand import on_demand
from flowrun.operators.sinks._report_figures import figures
from flowrun.operators.sinks._report_page import page
from flowrun.operators.sinks._training_history import TrainingHistory
from flowrun.schemas.errors import explain
from flowrun.schemas.kernel import Sink, write_to
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Metrics
from flowrun.schemas.run import Run
from flowrun.schemas.spec import operator


@operator
def training_report(
    metrics: Observable[Metrics],
    *,
    folder: Path,
    title: str = "Training report",
    every_s: Annotated[float, Field("s", ge=0)] = 60.0,
    run: Run,
) -> Sink:
    """Write `report.html`, one page with the learning curves, all measures, and how well each class is told.

    The page needs no other file and no network; its figures are beside it as PNG too. It is renewed while the training
    goes on; one that cannot be written then is a warning, the last one an error.

    Args:
        folder: Where the page and the figures go.
        title: Heading of the page.
        every_s: Shortest time between two versions of the page; drawing one takes some seconds.
    """
    return write_to(metrics, lambda: _Writer(folder, title, timedelta(seconds=every_s), run))


class _Writer:
    def __init__(self, folder: Path, title: str, every: timedelta, run: Run) -> None:
        self.folder = folder
        self.title = title
        self.every = every
        self.run = run
        self.history = TrainingHistory()
        self.drawn_at: datetime | None = None
        self.fresh = True
        on_demand("matplotlib.figure", "training_report")  # what is amiss is told now, not after the first epoch
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, item: Metrics) -> None:
        self.history.add(item)
        self.fresh = False
        if self.drawn_at is None or self.run.now() - self.drawn_at >= self.every:
            try:
                self.draw()
            except OSError as error:  # a full disk, say: no reason to end a training of hours
                self.run.warn(f"the report could not be renewed: {explain(error)}")

    def draw(self) -> None:
        self.drawn_at = self.run.now()
        light, dark = figures(self.history, LIGHT), figures(self.history, DARK)
        for name, png in light.items():
            with atomic_file(self.folder / f"{name}.png", "wb") as out:
                out.write(png)
        with atomic_file(self.folder / "report.html") as out:
            out.write(page(self.history, light, dark, self.title, self.drawn_at))
        self.fresh = True

    def close(self) -> None:
        if not self.fresh:
            self.draw()

    def abort(self) -> None:
        with suppress(Exception):  # what the flow failed of is worth more than why its last page could not be drawn
            self.close()
