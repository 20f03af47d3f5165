"""How far a pull has come: bars on a terminal, a line per file elsewhere."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from flowrun.runtime.commands.terminal import say

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class PullProgress:
    """Takes the calls of a pull: what is done, bytes so far, bytes in all where known."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._bars: Progress | None = None
        self._tasks: dict[str, TaskID | None] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars:
            self._bars.stop()

    def __call__(self, what: str, done: int, total: int | None) -> None:
        """Show it."""
        if what not in self._tasks:
            self._tasks[what] = self._begin(what, total)
        task = self._tasks[what]
        if self._bars and task is not None:
            self._bars.update(task, completed=done, total=total)

    def _begin(self, what: str, total: int | None) -> TaskID | None:
        if not self._out.isatty():
            say(f"{what} …" if total is None else f"{what}: {total:,} bytes …", self._out)
            return None
        if self._bars is None:
            self._bars = _bars(self._out)
            self._bars.start()
        return self._bars.add_task(what, total=total)


def _bars(out: TextIO) -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=Console(file=out))
