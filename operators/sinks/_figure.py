"""What all figures of reports have in common: two themes, and axes that look like the page.

They use Matplotlib's objects and nothing global, so that neither a backend nor a style of somebody else's code matters.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from flowrun.operators._printable import printable
from flowrun.operators.sinks._on_demand import on_demand

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI = 160
LETTERS = 32  # of a class name that a figure has room for


class Theme(NamedTuple):
    """Colours of the page and of the figures in it."""

    surface: str
    ink: str
    muted: str
    grid: str
    training: str
    validation: str
    worst: str


LIGHT = Theme("#ffffff", "#1a1e27", "#667085", "#e7e9ee", "#98a2b3", "#2563eb", "#dd6b3d")
DARK = Theme("#171b24", "#e9ebf0", "#98a2b3", "#2b313d", "#8590a4", "#6ea0ff", "#f29067")


def png(size_inches: tuple[float, float], theme: Theme, draw: Callable[[Figure], None]) -> bytes:
    """Return what *draw* draws as PNG."""
    figure = matplotlib("figure").Figure(size_inches, facecolor=theme.surface)
    matplotlib("backends.backend_agg").FigureCanvasAgg(figure)
    draw(figure)
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=DPI, metadata={"Software": None})
    return out.getvalue()


def matplotlib(module: str) -> Any:
    """Return a module of Matplotlib."""
    return on_demand(f"matplotlib.{module}", "a report")


def plain(axes: Axes, theme: Theme, title: str, x: str = "", y: str = "") -> None:
    """Give *axes* a title and the looks of the page."""
    axes.set_facecolor(theme.surface)
    axes.set_title(title, loc="left", color=theme.ink, fontsize=10.5, fontweight="bold", pad=10)
    axes.set_xlabel(x, color=theme.muted, fontsize=9)
    axes.set_ylabel(y, color=theme.muted, fontsize=9)
    axes.tick_params(which="both", colors=theme.muted, labelsize=8.5, length=0)
    axes.grid(color=theme.grid, linewidth=0.8)
    axes.set_axisbelow(True)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(theme.grid)


def note(axes: Axes, text: str, at: tuple[float, float], offset: tuple[int, int], colour: str, **looks: Any) -> None:
    """Write beside a point; *offset* in points of a 72nd inch."""
    axes.annotate(text, at, offset, textcoords="offset points", color=colour, fontsize=8, **looks)


def shortened(label: str) -> str:
    """Return a class name as a figure has room for it."""
    text = printable(label)
    return text if len(text) <= LETTERS else text[: LETTERS - 1].rstrip() + "…"
