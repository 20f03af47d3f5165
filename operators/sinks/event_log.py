"""What happened, day by day."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from reactivex import Observable

from flowrun.models.durable_lines import append_lines
from flowrun.operators.sinks._waiting import Waiting
from flowrun.operators.sinks.csv import COLUMNS, line, rows
from flowrun.schemas.event import as_json
from flowrun.schemas.kernel import Sink, write_to
from flowrun.schemas.ports import Event
from flowrun.schemas.run import Run
from flowrun.schemas.spec import operator

Format = Literal["csv", "jsonl"]


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
        self._waiting: Waiting[Path, str] = Waiting(self._append, run)

    def write(self, event: Event) -> None:
        day = (event.heard_at or self._run.now()).date().isoformat()
        self._waiting.put(self._folder / f"{day}.{self._form}", self._line(event))

    def close(self) -> None:
        self._waiting.close()

    def abort(self) -> None:
        self._waiting.flush()

    def _line(self, event: Event) -> str:
        if self._form == "jsonl":
            return as_json(event)
        (cells,) = rows(event)
        return line(cells)

    def _append(self, path: Path, lines: Sequence[str]) -> None:
        append_lines(path, lines, ",".join(COLUMNS[Event]) if self._form == "csv" else "")
