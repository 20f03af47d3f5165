"""What happened, day by day."""

from __future__ import annotations

import json
from collections import deque
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Literal

from reactivex import Observable

from flowrun.models.durable_lines import append_lines
from flowrun.operators.sinks.csv import COLUMNS, line, rows
from flowrun.schemas.errors import explain
from flowrun.schemas.kernel import Sink, write_to
from flowrun.schemas.plain import plain
from flowrun.schemas.ports import Event
from flowrun.schemas.run import Run
from flowrun.schemas.spec import operator

Format = Literal["csv", "jsonl"]
WAITING = 10_000  # events that wait for a disk that takes none


@operator
def event_log(events: Observable[Event], *, folder: Path, format: Format = "csv", run: Run) -> Sink:
    """Add each event, as soon as it comes, to the file of its day, such as `FOLDER/2026-11-22.csv`.

    What was added stays, also after a crash or a power cut, and a later run adds to it. While the disk takes nothing,
    which is told once, the latest 10,000 events wait in memory. For a table that is complete when the flow ends, and
    does not repeat what an earlier run has, use `csv` or `jsonl`.

    Args:
        folder: Where the files go. A day is one in UTC, and that on which the event began, or came where that is
            not known.
        format: A table with a heading, or a JSON object on each line.
    """
    return write_to(events, lambda: _Log(folder, format, run))


class _Log:
    def __init__(self, folder: Path, form: Format, run: Run) -> None:
        self._folder, self._form, self._run = folder, form, run
        self._waiting: deque[tuple[Path, str]] = deque()
        self._lost = 0
        self._failing = False

    def write(self, event: Event) -> None:
        day = (event.heard_at or self._run.now()).date().isoformat()
        if len(self._waiting) == WAITING:
            self._waiting.popleft()
            self._lost += 1
        self._waiting.append((self._folder / f"{day}.{self._form}", self._line(event)))
        self._flush()

    def close(self) -> None:
        self._flush()
        if self._waiting or self._lost:
            raise OSError(f"{self._lost + len(self._waiting)} events could not be written")

    def abort(self) -> None:
        self._flush()

    def _line(self, event: Event) -> str:
        if self._form == "csv":
            (cells,) = rows(event)
            return line(cells)
        (fields,) = plain(event)
        return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))

    def _flush(self) -> None:
        heading = ",".join(COLUMNS[Event]) if self._form == "csv" else ""
        try:
            for path, same in groupby(list(self._waiting), itemgetter(0)):
                lines = [text for _, text in same]
                append_lines(path, lines, heading)
                for _ in lines:
                    self._waiting.popleft()
        except OSError as error:
            if not self._failing:
                self._run.state("failing", f"no events can be written: {explain(error)}; the latest wait in memory")
            self._failing = True
        else:
            if self._failing:
                lost = f", {self._lost} of them are lost" if self._lost else ""
                self._run.state("working", f"events are written again{lost}")
            self._failing = False
