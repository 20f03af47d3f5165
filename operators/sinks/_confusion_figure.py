"""The confusion matrix, as PNG."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.operators.sinks._figure import Theme, matplotlib, plain, png, shortened
from flowrun.schemas.late import np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure
    from numpy.typing import NDArray

CELL_INCHES = (0.52, 0.2)  # of few classes and of many
MARGIN_INCHES = 2.5  # for the names
LARGE, SMALL = 10.0, 5.5  # points


def confusion_figure(counts: NDArray[np.int64], names: Sequence[str], theme: Theme) -> bytes:
    """Return a picture of *counts*: rows are what the examples are, columns what they were taken for.

    A cell is the darker the larger its share of the row; right ones and wrong ones have a colour each.

    Args:
        counts: Shape (rows, columns); the diagonal are the right ones.
        names: Of the columns; the first are those of the rows.
        theme: Colours of the page.
    """
    many = min(1.0, max(0.0, (len(names) - 8) / 42))
    cell = CELL_INCHES[0] + (CELL_INCHES[1] - CELL_INCHES[0]) * many
    size = (max(5.0, MARGIN_INCHES + cell * counts.shape[1]), max(4.0, MARGIN_INCHES + cell * counts.shape[0]))
    points = LARGE + (SMALL - LARGE) * many
    return png(size, theme, lambda figure: _draw(figure, counts, [shortened(name) for name in names], theme, points))


def _draw(figure: Figure, counts: NDArray[np.int64], names: Sequence[str], theme: Theme, points: float) -> None:
    width, height = figure.get_size_inches()
    figure.subplots_adjust(left=1.9 / width, right=1 - 0.2 / width, bottom=1.75 / height, top=1 - 0.5 / height)
    axes = figure.add_subplot()
    plain(axes, theme, "Confusion matrix", "taken for", "is")
    rows, columns = counts.shape
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    right = np.eye(rows, columns, dtype=bool)[:, :, None]
    colour = matplotlib("colors").to_rgb
    full = np.where(right, colour(theme.validation), colour(theme.worst))
    strength = np.where(counts > 0, 0.12 + 0.88 * shares, 0)[:, :, None]
    axes.imshow(strength * full + (1 - strength) * np.array(colour(theme.surface)), aspect="auto")
    axes.set_xticks(range(columns), names, rotation=90, color=theme.ink, fontsize=points, parse_math=False)
    axes.set_yticks(range(rows), names[:rows], color=theme.ink, fontsize=points, parse_math=False)
    axes.set_xticks(np.arange(columns + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(rows + 1) - 0.5, minor=True)
    axes.grid(visible=False, which="major")
    axes.grid(color=theme.grid, linewidth=0.6, which="minor")
    for row, column in zip(*np.nonzero(counts), strict=True):
        on = theme.surface if shares[row, column] > 0.55 else theme.ink
        axes.text(column, row, f"{counts[row, column]}", ha="center", va="center", color=on, fontsize=points)
