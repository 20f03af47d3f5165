"""Precision-recall curves of a student beside its teacher's, as PNG."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from flowrun.models.evaluation.detection import Curve, Detection
from flowrun.schemas.late import np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DPI = 110
PANEL_INCHES = (4.1, 3.3)
COLUMNS = 2
INK, MUTED, GRID, TEACHER, STUDENT = "#1a1e27", "#667085", "#e7e9ee", "#98a2b3", "#2563eb"


class Drawn(NamedTuple):
    """A line of a panel: the model, its curve, and the point of it that is marked."""

    model: str
    curve: Curve
    marked: Detection


def detection_figure(panels: Mapping[str, tuple[Drawn, Drawn]]) -> bytes:
    """Return a picture with a panel for each sound, in it the teacher's curve and the student's."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = -(-len(panels) // COLUMNS)
    figure = Figure((COLUMNS * PANEL_INCHES[0], rows * PANEL_INCHES[1]), facecolor="#ffffff", layout="constrained")
    FigureCanvasAgg(figure)
    for i, (sound, lines) in enumerate(panels.items()):
        axes = figure.add_subplot(rows, COLUMNS, i + 1)
        _plain(axes, sound)
        for line, colour in zip(lines, (TEACHER, STUDENT), strict=True):
            _draw(axes, line, colour)
        axes.legend(loc="lower left", edgecolor="none", framealpha=0.85, labelcolor=MUTED, fontsize=8.5)
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=DPI, metadata={"Software": None})
    return out.getvalue()


def _draw(axes: Axes, line: Drawn, colour: str) -> None:
    curve, found = line.curve, line.marked
    whole = int(np.searchsorted(curve.recall, 1.0)) + 1  # what comes after everything is found only falls
    recall = np.concatenate([[0.0], curve.recall[:whole]])
    precision = np.concatenate([curve.precision[:1], curve.precision[:whole]])
    label = f"{line.model}: AP {found.average_precision:.3f}"
    axes.plot(recall, precision, color=colour, linewidth=1.8, drawstyle="steps-pre", label=label)
    if found.threshold is not None:
        at = int(np.searchsorted(-curve.threshold, -np.float32(found.threshold)))
        axes.plot(curve.recall[at], curve.precision[at], "o", color=colour, markeredgecolor="#ffffff", clip_on=False)


def _plain(axes: Axes, title: str) -> None:
    axes.set_title(title, loc="left", color=INK, fontsize=10.5, fontweight="bold", pad=8)
    axes.set_xlabel("recall", color=MUTED, fontsize=9)
    axes.set_ylabel("precision", color=MUTED, fontsize=9)
    axes.tick_params(which="both", colors=MUTED, labelsize=8.5, length=0)
    axes.grid(color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.set(xlim=(0, 1.01), ylim=(0, 1.03))
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(GRID)
