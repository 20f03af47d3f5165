"""The figures of a training report, as PNG."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.operators.sinks._figure import Theme, matplotlib, note, plain, png, shortened
from flowrun.operators.sinks._training_history import TrainingHistory
from flowrun.schemas.late import np
from flowrun.schemas.ports import Calibration, PerClass

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

SHOWN = 20  # of the best and of the worst classes
DASHES = ("-", (0, (3.5, 1.5)))  # of the first and the second measure of a panel
PANELS = (
    ("Loss", ("loss",)),
    ("Hit@1", ("Hit@1",)),
    ("mAP (line) and GAP@20 (dashes)", ("mAP", "GAP@20")),
    ("Learning rate", ("learning rate",)),
)


def figures(history: TrainingHistory, theme: Theme) -> dict[str, bytes]:
    """Return the figures that there is something to draw for, by name."""
    drawn: dict[str, bytes] = {}
    if history.last("training") or history.last("validation"):
        drawn["learning_curves"] = png((10.4, 6.2), theme, lambda figure: _curves(figure, history, theme))
    detailed = history.detailed
    if detailed and (classes := detailed.per_class) and not np.isnan(classes.average_precision).all():
        drawn["best_and_worst"] = png((10.4, 5.4), theme, lambda figure: _best_and_worst(figure, classes, theme))
        drawn["positives"] = png((5.1, 4.3), theme, lambda figure: _positives(figure, classes, theme))
    if detailed and (bins := detailed.calibration) and bins.count.any():
        drawn["calibration"] = png((5.1, 4.3), theme, lambda figure: _calibration(figure, bins, theme))
    return drawn


def _curves(figure: Figure, history: TrainingHistory, theme: Theme) -> None:
    colours = {"training": theme.training, "validation": theme.validation}
    figure.subplots_adjust(left=0.06, right=0.985, bottom=0.09, top=0.93, wspace=0.15, hspace=0.45)
    for i, (title, measures) in enumerate(PANELS):
        axes = figure.add_subplot(2, 2, i + 1)
        plain(axes, theme, title, "epoch")
        axes.xaxis.set_major_locator(matplotlib("ticker").MaxNLocator(integer=True, nbins=8))
        for measure, dashes in zip(measures, DASHES, strict=False):
            for part, colour in colours.items():
                epochs, values = history.curve(part, measure)
                dot = "o" if len(epochs) == 1 else None
                axes.plot(epochs, values, marker=dot, color=colour, linestyle=dashes, linewidth=1.8, label=part)
            best = history.best("validation", measure)
            if best and measure != "learning rate":
                at = (best.epoch, best.value)
                axes.plot(*at, "o", color=theme.validation, markeredgecolor=theme.surface)
                box = {"facecolor": theme.surface, "edgecolor": "none", "alpha": 0.8, "pad": 1}
                offset = (0, -15 if measure in ("loss", "mAP") else 8)
                note(axes, f"{best.value:.4g}", at, offset, theme.validation, ha="center", bbox=box)
        axes.margins(x=0.03, y=0.14)
        if i == 0:
            axes.legend(loc="upper right", frameon=False, labelcolor=theme.muted, fontsize=9)


def _best_and_worst(figure: Figure, classes: PerClass, theme: Theme) -> None:
    order = ranking(classes)
    figure.subplots_adjust(left=0.21, right=0.965, bottom=0.1, top=0.92, wspace=0.85)
    half = min(SHOWN, max(1, len(order) // 2))
    for column, (title, chosen, colour) in enumerate(
        (
            (f"Best {half} classes", order[:half], theme.validation),
            (f"Worst {half} classes", order[-half:], theme.worst),
        )
    ):
        axes = figure.add_subplot(1, 2, column + 1)
        plain(axes, theme, title, "average precision")
        values = classes.average_precision[chosen]
        axes.barh(range(len(chosen)), values, 0.62, color=colour)
        names = [shortened(classes.labels[i]) for i in chosen]
        axes.set_yticks(range(len(chosen)), names, color=theme.ink, fontsize=8, parse_math=False)
        axes.invert_yaxis()
        axes.set_xlim(0, 1.1 * max(1e-3, values.max()))
        axes.xaxis.set_major_locator(matplotlib("ticker").MaxNLocator(5))
        axes.margins(y=0.01)
        axes.grid(visible=False, axis="y")
        for row, value in enumerate(values):
            told = f"{value:.3f}" if value >= 0.01 else f"{value:.2g}"
            note(axes, told, (value, row), (4, 0), theme.muted, va="center")


def _positives(figure: Figure, classes: PerClass, theme: Theme) -> None:
    known = ranking(classes)
    positives, values = classes.positives[known], classes.average_precision[known]
    figure.subplots_adjust(left=0.12, right=0.97, bottom=0.13, top=0.9)
    axes = figure.add_subplot()
    plain(axes, theme, "Average precision by examples of a class", "examples that have the class", "average precision")
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(matplotlib("ticker").StrMethodFormatter("{x:,.0f}"))
    axes.xaxis.set_minor_formatter(matplotlib("ticker").NullFormatter())
    axes.scatter(positives, values, 18, theme.validation, alpha=0.45, linewidths=0)
    axes.set_ylim(-0.03, 1.03)
    mean = float(values.mean())
    axes.axhline(mean, color=theme.worst, linewidth=1.4)
    note(axes, f"mAP {mean:.3f}", (1, mean), (-2, 4), theme.worst, ha="right", xycoords=axes.get_yaxis_transform())


def _calibration(figure: Figure, bins: Calibration, theme: Theme) -> None:
    figure.subplots_adjust(left=0.13, right=0.97, bottom=0.13, top=0.9, hspace=0.12)
    grid = figure.add_gridspec(2, 1, height_ratios=(4, 1))
    axes, counts = figure.add_subplot(grid[0]), figure.add_subplot(grid[1])
    plain(axes, theme, "Calibration: do scores come true?", "", "share that is true")
    axes.plot((0, 1), (0, 1), color=theme.muted, linewidth=1.2, linestyle=DASHES[1])
    note(axes, "below the line: too confident", (0.98, 0.03), (0, 0), theme.muted, ha="right")
    filled = bins.count > 0
    axes.plot(bins.score[filled], bins.share[filled], "o-", color=theme.validation, linewidth=1.8, markersize=5)
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.03, 1.03), xticklabels=[])
    plain(counts, theme, "", "score", "scores")
    counts.bar(
        (np.arange(len(bins.count)) + 0.5) / len(bins.count), bins.count, 0.8 / len(bins.count), color=theme.training
    )
    counts.set_yscale("log")
    counts.set_xlim(-0.02, 1.02)
    counts.yaxis.set_major_locator(matplotlib("ticker").LogLocator(numticks=3))


def ranking(classes: PerClass) -> NDArray[np.intp]:
    """Return the classes that have an average precision, best first.

    >>> ap = np.array([0.25, np.nan, 0.75])
    >>> ranking(PerClass(("a", "b", "c"), np.array([2, 0, 1]), ap, ap)).tolist()
    [2, 0]
    """
    order = np.argsort(-classes.average_precision, kind="stable")  # NaN last
    return order[: np.count_nonzero(~np.isnan(classes.average_precision))]
