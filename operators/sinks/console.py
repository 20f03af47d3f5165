"""The screen."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from typing import TextIO

from reactivex import Observable

from flowrun.schemas.kernel import Sink, write_to
from flowrun.schemas.ports import Event, Levels, Prediction, Predictions, Rejected
from flowrun.schemas.spec import operator

Item = Predictions | Levels | Event | Rejected
BAR = 20  # characters of a full bar


@operator()
def console(items: Observable[Predictions | Levels | Event | Rejected], *, times: bool = True) -> Sink:
    """Show items on standard output: a table with bars on a terminal, plain lines elsewhere.

    A line reads `dog.ogg 0.48 Dog: 0.83, Animal: 0.79`.

    Args:
        times: Show where in the stream each window lies; without it a line is the stream and what was heard.
    """
    return write_to(items, lambda: _Table(times) if sys.stdout.isatty() else _Lines(times))


class _Lines:
    def __init__(self, times: bool) -> None:
        self.times = times

    def write(self, item: Item) -> None:
        for line in lines(item, self.times):
            _print(sys.stdout, line)

    def close(self) -> None:
        pass

    def abort(self) -> None:
        pass


class _Table(_Lines):
    """Rows under a heading per stream; what a terminal shows of a name is never a control character."""

    def __init__(self, times: bool) -> None:
        super().__init__(times)
        from rich.console import Console

        self.console = Console(highlight=False)
        self.stream = ""

    def write(self, item: Item) -> None:
        from rich.markup import escape

        if not isinstance(item, Predictions) or not self.times:
            super().write(item)
            return
        if item.stream != self.stream and len(item.at):
            self.stream = item.stream
            self.console.rule(f"[bold]{escape(printable(item.stream))}", align="left", style="dim")
        for start_s, row in zip(item.at.start_s, item.rows, strict=True):
            first, *others = row or (Prediction("-", 0.0),)
            bar = ("█" * round(BAR * first.score)).ljust(BAR)
            more = "  ".join(f"{escape(label)} {score:.2f}" for label, score in others)
            label = f"[bold]{escape(first.label)}[/] {first.score:.2f}"
            cells = f"[dim]{clock(float(start_s))}[/] [green]{bar}[/] {label}  [dim]{more}[/]"
            self.console.print(cells, overflow="ellipsis", no_wrap=True)


def lines(item: Item, times: bool) -> Iterator[str]:
    """Yield *item* as plain lines.

    >>> list(lines(Event("1", "mic", "Glass", 0.9, 1.0, 2.5), True))
    ['mic 1.00-2.50 Glass: 0.90']
    """
    stream = printable(item.stream)
    if isinstance(item, Event):
        when = f" {_local(item.heard_at)}" if item.heard_at else ""
        clip = f" {item.clip}" if item.clip else ""
        yield f"{stream}{when} {item.start_s:.2f}-{item.end_s:.2f} {item.label}: {item.score:.2f}{clip}"
    elif isinstance(item, Rejected):
        yield f"{stream} rejected by {item.step}: {printable(item.error)}"
    else:
        for i, start_s in enumerate(item.at.start_s):
            if isinstance(item, Levels):
                heard = f"{item.values[i]:.1f} {item.unit}"
            else:
                heard = ", ".join(f"{label}: {score:.2f}" for label, score in item.rows[i]) or "-"
            yield f"{stream} {start_s:.2f} {heard}" if times else f"{stream} {heard}"


def clock(seconds: float) -> str:
    """Return a time in a stream.

    >>> clock(3.48), clock(3661.5)
    ('0:03.48', '1:01:01.50')
    """
    minutes, rest = divmod(round(seconds, 2), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02}:{rest:05.2f}" if hours else f"{minutes}:{rest:05.2f}"


def printable(text: str) -> str:
    r"""Return *text* without control characters, which could move the cursor of a terminal.

    >>> printable("a\x1b[2Jb")
    'a\\x1b[2Jb'
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _local(time: datetime) -> str:
    return time.astimezone().isoformat(sep=" ", timespec="seconds")


def _print(out: TextIO, line: str) -> None:
    out.write(line + "\n")
    out.flush()
