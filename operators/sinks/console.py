"""The screen."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import TextIO

from reactivex import Observable

from flowrun.models.cross_validation.measures import summary
from flowrun.operators._printable import printable
from flowrun.operators.sinks._measures import ordered, short, shown
from flowrun.schemas.kernel import Sink, write_to
from flowrun.schemas.ports import CrossValidation, Event, Levels, Metrics, Prediction, Predictions, Rejected
from flowrun.schemas.spec import operator

Item = Predictions | Levels | Event | Metrics | CrossValidation | Rejected
BAR, LABEL = 20, 24  # characters of a full bar, and of the column of the best label
PART, CELL = 10, 8  # characters of the columns of a training: the part, and a measure at least


@operator
def console(items: Observable[Predictions | Levels | Event | Metrics | CrossValidation | Rejected]) -> Sink:
    """Show items on standard output: a table with bars on a terminal, plain lines elsewhere.

    A line reads `dog.ogg 0.48 Dog: 0.83, Animal: 0.79`; for a whole stream, as `pool` gives it, without the time.
    A line of a training reads `validation epoch 5: loss 12.3456, Hit@1 0.5531, mAP 0.1923`.
    """
    return write_to(items, lambda: _Table() if sys.stdout.isatty() else _Lines())


class _Lines:
    def write(self, item: Item) -> None:
        for line in lines(item):
            _print(sys.stdout, line)

    def close(self) -> None:
        pass

    def abort(self) -> None:
        pass


class _Table(_Lines):
    """Rows under a heading per stream; what a terminal shows of a name is never a control character."""

    def __init__(self) -> None:
        from rich.console import Console

        self.console = Console(highlight=False)
        self.stream = ""
        self.measures: list[str] = []

    def write(self, item: Item) -> None:
        if isinstance(item, Predictions):
            self._predictions(item)
        elif isinstance(item, Metrics):
            self._metrics(item)
        elif isinstance(item, Event):
            self._event(item)
        else:
            super().write(item)

    def _predictions(self, item: Predictions) -> None:
        if len(item.at):
            self._heading(item.stream)
        for start_s, row in zip(item.at.start_s, item.rows, strict=True):
            first, *others = row or (Prediction("-", 0.0),)
            more = "  ".join(f"{printable(label)} {score:.2f}" for label, score in others)
            self._row("all of it" if item.at.whole else clock(float(start_s)), first, "green", more)

    def _event(self, item: Event) -> None:
        self._heading(item.stream)
        when = f" {_local(item.heard_at)}" if item.heard_at else ""
        clip = f"  {printable(item.clip)}" if item.clip else ""
        more = f"to {clock(item.end_s)}{when}{clip}"
        self._row(clock(item.start_s), Prediction(item.label, item.score), "bold magenta", more)

    def _heading(self, stream: str) -> None:
        """Begin with a stream, if it is another than that of the row before."""
        from rich.text import Text

        if stream != self.stream:
            self.stream = stream
            self.console.rule(Text(printable(stream), "bold"), align="left", style="dim")

    def _row(self, when: str, best: Prediction, colour: str, more: str) -> None:
        from rich.text import Text

        bar = ("█" * round(BAR * best.score)).ljust(BAR)
        label = (printable(best.label).ljust(LABEL), "bold")
        cells = Text.assemble((f"{when:>10} ", "dim"), (bar, colour), f" {best.score:.2f} ", label, " ", (more, "dim"))
        self.console.print(cells, overflow="ellipsis", no_wrap=True)

    def _metrics(self, item: Metrics) -> None:
        """Print a row; above it the names of the measures, if one is new."""
        from rich.text import Text

        names = ordered({*self.measures, *item.values})
        widths = [max(CELL, len(short(name)) + 2) for name in names]
        if names != self.measures:
            self.measures = names
            heading = "".join(printable(short(n)).rjust(width) for n, width in zip(names, widths, strict=True))
            self.console.print(Text(f"{'part':<{PART}}{'epoch':>6}{heading}", "dim"), overflow="ellipsis", no_wrap=True)
        cells = Text(f"{item.part:<{PART}}", "dim" if item.part == "training" else "bold green")
        cells.append(f"{item.epoch:>6}")
        for name, width in zip(names, widths, strict=True):
            cells.append(shown(name, item.values.get(name, math.nan)).rjust(width))
        self.console.print(cells, overflow="ellipsis", no_wrap=True)


def lines(item: Item) -> Iterator[str]:
    """Yield *item* as plain lines.

    >>> list(lines(Event("1", "mic", "Glass", 0.9, 1.0, 2.5)))
    ['mic 1.00-2.50 Glass: 0.90']
    """
    stream = printable(item.stream)
    if isinstance(item, Metrics):
        what = f"of {printable(item.model)} on {stream}" if item.part == "evaluation" else f"epoch {item.epoch}"
        values = (f"{printable(short(name))} {shown(name, item.values[name])}" for name in ordered(item.values))
        yield f"{item.part} {what}: {', '.join(values)}"
    elif isinstance(item, CrossValidation):
        yield from map(printable, summary(item))
    elif isinstance(item, Event):
        when = f" {_local(item.heard_at)}" if item.heard_at else ""
        clip = f" {printable(item.clip)}" if item.clip else ""
        yield f"{stream}{when} {item.start_s:.2f}-{item.end_s:.2f} {printable(item.label)}: {item.score:.2f}{clip}"
    elif isinstance(item, Rejected):
        yield f"{stream} rejected by {item.step}: {printable(item.error)}"
    else:
        for i, start_s in enumerate(item.at.start_s):
            if isinstance(item, Levels):
                heard = f"{item.values[i]:.1f} {item.unit}"
            else:
                heard = ", ".join(f"{printable(label)}: {score:.2f}" for label, score in item.rows[i]) or "-"
            yield f"{stream} {heard}" if item.at.whole else f"{stream} {start_s:.2f} {heard}"


def clock(seconds: float) -> str:
    """Return a time in a stream.

    >>> clock(3.48), clock(3661.5)
    ('0:03.48', '1:01:01.50')
    """
    minutes, rest = divmod(round(seconds, 2), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02}:{rest:05.2f}" if hours else f"{minutes}:{rest:05.2f}"


def _local(time: datetime) -> str:
    return time.astimezone().isoformat(sep=" ", timespec="seconds")


def _print(out: TextIO, line: str) -> None:
    encoding = out.encoding or "utf-8"  # a terminal may know fewer characters
    out.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
    out.flush()
