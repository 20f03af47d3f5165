"""The level meter as a bar that moves."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

from flowrun.models.capture.meter import Reading
from flowrun.schemas.health import State

if TYPE_CHECKING:
    from rich.text import Text

LOWEST = -60  # dBFS, left end of the bar


def drawing(stack: ExitStack) -> tuple[Callable[[float, Reading], None], Callable[[State, str], None]]:
    """Return what draws a bar that moves, and what writes above it."""
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    console = Console()
    live = stack.enter_context(Live(Text("waiting for sound"), console=console, auto_refresh=False))

    def show(at_s: float, reading: Reading) -> None:
        live.update(bar(reading, max(10, console.width - 50)), refresh=True)

    def tell(state: State, message: str) -> None:
        live.console.print(message, markup=False, highlight=False)

    return show, tell


def bar(reading: Reading, width: int) -> Text:
    """Return *reading* as a bar of *width*: green up to -20 dBFS, yellow up to -6, red above, the held peak a line."""
    from rich.text import Text

    text = Text()
    lit, held = (_place(level, width) for level in (reading.rms_dbfs, reading.hold_dbfs))
    for i in range(width):
        level = LOWEST * (1 - (i + 0.5) / width)
        colour = "green" if level < -20 else "yellow" if level < -6 else "red"
        text.append("█" if i < lit else "│" if i == held - 1 else "·", style=colour if i < max(lit, held) else "dim")
    text.append(f" {reading.rms_dbfs:6.1f} peak {reading.peak_dbfs:6.1f} dBFS ")
    text.append("CLIP" if reading.clipped else "ZEROS" if reading.zeros else "    ", style="bold red")
    return text


def _place(level: float, width: int) -> int:
    """Return how many of *width* cells *level*, in dBFS, fills."""
    return round(width * min(1.0, max(0.0, 1 - max(level, LOWEST) / LOWEST)))
