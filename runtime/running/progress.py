"""The progress bar of a run whose sources know how much is to come."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

from flowrun.runtime.running.engine import Engine

if TYPE_CHECKING:
    from rich.progress import Progress as Bar


class Progress:
    """A bar on standard error with what is done, the rate and the time left; nothing where it is not *shown*."""

    def __init__(self, engine: Engine, *, shown: bool) -> None:
        self._engine = engine
        self._shown = shown
        self._bar: Bar | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def update(self) -> None:
        """Draw what has been done so far."""
        if not self._shown:
            return
        if self._engine.reported:
            share, text = next(iter(self._engine.reported.values()))
            bar = self._bar or self._begin(1.0)
            bar.update(bar.task_ids[0], completed=share, count=text)
            return
        total = self._total()
        if total is None:
            return
        unit, amount = total
        stats = self._engine.stats().values()
        heard_s = sum(s.audio_s for s in stats)
        done = sum(s.streams for s in stats) if unit == "files" else heard_s
        bar = self._bar or self._begin(amount)
        speed = heard_s / max(self._engine.running_for_s(), 1e-9)
        count = f"{done:.0f}/{amount:.0f} {unit}"
        bar.update(bar.task_ids[0], completed=min(done, amount), count=count, speed=f"{speed:.0f}x real time")

    def _begin(self, total: float) -> Bar:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[count]}"),
            TextColumn("{task.fields[speed]}"),
            TimeRemainingColumn(),
        )
        self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self._bar.add_task(self._engine.flow.name, total=total, count="", speed="")
        self._bar.start()
        return self._bar

    def _total(self) -> tuple[str, float] | None:
        expected = list(self._engine.expected.values())
        streams = sum(streams or 0 for streams, _ in expected)
        seconds = sum(seconds or 0.0 for _, seconds in expected)
        return ("files", streams) if streams > 1 else ("s", seconds) if seconds and not streams else None
