"""Comma-separated values."""

from __future__ import annotations

import csv as table
import io
from collections.abc import Iterator
from pathlib import Path

from reactivex import Observable

from flowrun.operators._printable import printable
from flowrun.operators.sinks._measures import MEASURES
from flowrun.operators.sinks._table_file import TableFile
from flowrun.schemas.kernel import Sink, write_to
from flowrun.schemas.plain import plain, utc
from flowrun.schemas.ports import Event, Levels, Metrics, Predictions, Rejected, StreamEnd
from flowrun.schemas.spec import operator

Item = Predictions | Levels | Event | Metrics | Rejected | StreamEnd
Cell = str | float | None
COLUMNS: dict[type, tuple[str, ...]] = {
    Predictions: ("stream", "start_s", "end_s", "label", "score"),
    Levels: ("stream", "start_s", "end_s", "level", "unit"),
    Event: ("stream", "start_s", "end_s", "label", "score", "heard_at", "clip", "reason", "id"),
    Metrics: ("stream", "part", "model", "step", "epoch", *MEASURES),
    Rejected: ("stream", "start_s", "step", "error"),
}


@operator
def csv(
    items: Observable[Predictions | Levels | Event | Metrics | Rejected | StreamEnd],
    *,
    path: Path,
    append: bool = False,
) -> Sink:
    """Write a table with one row per prediction, level, event, measurement of a training or dead letter.

    The file appears, whole, when the flow ends; `event_log` has each event at once. After a failure the rows so far are
    beside it, in `.NAME.rows`.

    Args:
        path: The file.
        append: Keep what the file has of other streams; a stream that comes again replaces its rows. Use it with the
            journal of a `directory`.
    """
    return write_to(items, lambda: _Writer(path, append))


class _Writer:
    def __init__(self, path: Path, append: bool) -> None:
        self.file = TableFile(path, stream_of, append=append)
        self.kind: type | None = None

    def write(self, item: Item) -> None:
        if isinstance(item, StreamEnd):
            self.file.end(item.stream)
            return
        if self.kind is None:
            self.kind = type(item)
            self.file.begin(",".join(COLUMNS[self.kind]))
        if self.kind is not type(item):
            raise ValueError(f"a table holds {self.kind.__name__} or {type(item).__name__}, not both: write two files")
        for cells in rows(item):
            self.file.add(item.stream, line(cells))

    def close(self) -> None:
        self.file.close(",".join(COLUMNS[Predictions]))

    def abort(self) -> None:
        self.file.abort()


def rows(item: Predictions | Levels | Event | Metrics | Rejected) -> Iterator[tuple[Cell, ...]]:
    """Yield the rows of *item*, in the order of its `COLUMNS`."""
    if isinstance(item, Event):
        heard_at = utc(item.heard_at) if item.heard_at else None
        times = (round(item.start_s, 3), round(item.end_s, 3))
        yield (item.stream, *times, item.label, round(item.score, 4), heard_at, item.clip, item.reason, item.id)
    elif isinstance(item, Rejected):
        yield (item.stream, item.start_s, item.step, item.error)
    elif isinstance(item, Metrics):
        if unknown := set(item.values) - set(MEASURES):
            raise ValueError(f"the table has no column for {', '.join(sorted(unknown))}: write them with jsonl")
        (cells,) = plain(item)
        yield tuple(cells.get(column) for column in COLUMNS[Metrics])
    else:
        for i, start_s in enumerate(item.at.start_s):
            window = (item.stream, round(float(start_s), 3), round(float(start_s) + item.at.window_s, 3))
            if isinstance(item, Levels):
                yield (*window, round(float(item.values[i]), 2), item.unit)
            else:
                yield from ((*window, label, round(score, 4)) for label, score in item.rows[i])


def line(cells: tuple[Cell, ...]) -> str:
    r"""Return one row as text; control characters inside a cell are written as escapes, so that a row is a line.

    >>> line(("a,b.wav", 0.5, None, "Dog"))
    '"a,b.wav",0.5,,Dog'
    """
    out = io.StringIO()
    table.writer(out, lineterminator="").writerow("" if cell is None else printable(str(cell)) for cell in cells)
    return out.getvalue()


def stream_of(row: str) -> str | None:
    """Return the first cell of a line, or None for an empty line.

    >>> stream_of('"a,b.wav",0.5,,Dog')
    'a,b.wav'
    """
    return next((cells[0] for cells in table.reader([row]) if cells), None)
