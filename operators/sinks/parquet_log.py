"""What happened, in columns."""

from __future__ import annotations

from pathlib import Path
from threading import Event as Flag
from threading import Lock, Thread
from typing import Annotated

from reactivex import Observable

from flowrun.operators.sinks._parquet_days import ParquetDays
from flowrun.operators.sinks._waiting import Waiting
from flowrun.schemas.errors import explain
from flowrun.schemas.event import as_json
from flowrun.schemas.kernel import Sink, write_to
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Event
from flowrun.schemas.run import Run
from flowrun.schemas.spec import operator


@operator
def parquet_log(
    events: Observable[Event],
    *,
    folder: Path,
    every_s: Annotated[float, Field("s", ge=1)] = 60.0,
    run: Run,
) -> Sink:
    """Add events to a Parquet file of their day, such as `FOLDER/date=2026-11-22/events.parquet`.

    Its columns are the fields of an event. What has come stays, also after a crash or a power cut: it waits for the
    next writing in a file beside it, and a run that was interrupted is taken up by the next. A day has one file; an
    event that comes again, by its id, replaces its row. While the disk takes nothing, which is told once, the latest
    10,000 events wait in memory. Needs `flowrun[parquet]`.

    Args:
        folder: Where the days go. A day is one in UTC, and that on which the event began, or came where that is not
            known.
        every_s: How often the files of days with new events are written; at the start and at the end they are too.
    """
    return write_to(events, lambda: _Log(ParquetDays(folder), every_s, run))


class _Log:
    def __init__(self, days: ParquetDays, every_s: float, run: Run) -> None:
        self._days, self._run = days, run
        self._waiting: Waiting[str, str] = Waiting(days.add, run)
        self._lock = Lock()
        self._closed = Flag()
        self._behind = False
        self._merge()
        Thread(target=self._merge_every, args=(every_s,), name=f"{run.step} files", daemon=True).start()

    def write(self, event: Event) -> None:
        date = (event.heard_at or self._run.now()).date().isoformat()
        with self._lock:
            self._waiting.put(date, as_json(event))

    def close(self) -> None:
        self._closed.set()
        with self._lock:
            self._waiting.close()
            self._days.merge()

    def abort(self) -> None:
        self._closed.set()
        with self._lock:
            self._waiting.flush()
            self._merge()

    def _merge_every(self, every_s: float) -> None:
        while not self._closed.wait(every_s):
            with self._lock:
                if not self._closed.is_set():
                    self._merge()

    def _merge(self) -> None:
        try:
            self._days.merge()
        except (OSError, ValueError) as error:
            if not self._behind:
                self._run.state("failing", f"a day cannot be written: {explain(error)}; its events wait beside it")
            self._behind = True
        else:
            if self._behind:
                self._run.state("working", "days are written again")
            self._behind = False
