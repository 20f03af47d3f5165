"""From scores to hits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, TypedDict

from reactivex import Observable

from flowrun.models.ontology import members
from flowrun.schemas.kernel import per_stream
from flowrun.schemas.late import np
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Hits, Scores
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import Mismatch, StreamInfo, nearest

if TYPE_CHECKING:
    from numpy.typing import NDArray

Score = Annotated[float, Field(ge=0, le=1)]


class Hysteresis(TypedDict):
    """A label becomes active at `on` and stays so until it falls below `off`."""

    on: Score
    off: Score


def _info(*, scores: StreamInfo, labels: dict[str, float | Hysteresis], include_children: bool) -> StreamInfo:
    for label, limit in labels.items():
        if scores.labels is not None and include_children and not members(label, scores.labels):
            raise Mismatch(
                f"{scores.step!r} has no label {label!r}, nor a kind of it",
                "labels",
                label,
                remedy=nearest(label, scores.labels),
                at_key=True,
            )
        if not include_children:
            scores.need_label(label, "labels", label)
        on, off = limits(limit)
        if off > on:
            raise Mismatch(f"labels.{label}: off ({off:g}) must not be above on ({on:g})", "labels", label, "off")
    return replace(scores, labels=tuple(labels))


@operator(info=_info)
def threshold(
    scores: Observable[Scores], *, labels: dict[str, Score | Hysteresis], include_children: bool = False
) -> Observable[Hits]:
    """Mark the windows in which a label's score reaches its threshold.

    Args:
        labels: The labels to watch, each with its threshold, or with {on, off} for hysteresis: active from `on`, until
            the score falls below `off`.
        include_children: Let a label stand for all kinds of it in the AudioSet ontology; the best score counts.
    """
    return per_stream(scores, lambda: _Kernel(labels, include_children))


def limits(limit: float | Hysteresis) -> tuple[float, float]:
    """Return the scores at which a label becomes active and inactive.

    >>> limits(0.5), limits({"on": 0.5, "off": 0.3})
    ((0.5, 0.5), (0.5, 0.3))
    """
    return (limit["on"], limit["off"]) if isinstance(limit, dict) else (limit, limit)


def latch(values: NDArray[np.float32], on: float, off: float, active: bool) -> NDArray[np.bool_]:
    """Return where a label is active: from the first score >= on, until one < off.

    Args:
        values: Scores, shape (windows,).
        on: Score that makes it active.
        off: Score below which it is no longer so; at most *on*.
        active: Whether it was active before the first window.

    >>> latch(np.array([0.4, 0.6, 0.4, 0.2, 0.4], np.float32), 0.5, 0.3, False).tolist()
    [False, True, True, False, False]
    """
    decided = np.where(values >= on, 1, np.where(values < off, 0, -1))  # -1: as before
    last = np.maximum.accumulate(np.where(decided >= 0, np.arange(len(values)), -1))
    return np.where(last >= 0, decided[last] == 1, active)


class _Kernel:
    def __init__(self, wanted: dict[str, float | Hysteresis], include_children: bool) -> None:
        self.wanted = wanted
        self.include_children = include_children
        self.active = [False] * len(wanted)
        self.columns: list[list[int]] = []

    def __call__(self, item: Scores) -> list[Hits]:
        if not self.columns:
            self.columns = [self._columns(label, item.labels) for label in self.wanted]
        values = np.stack(
            [item.values[:, columns].max(axis=1) for columns in self.columns], axis=1
        )  # (windows, labels)
        active = np.zeros(values.shape, np.bool_)
        thresholds = []
        for i, limit in enumerate(self.wanted.values()):
            on, off = limits(limit)
            thresholds.append(on)
            active[:, i] = latch(values[:, i], on, off, self.active[i])
            if len(values):
                self.active[i] = bool(active[-1, i])
        return [Hits(item.at, values, active, tuple(self.wanted), tuple(thresholds))]

    def _columns(self, label: str, labels: tuple[str, ...]) -> list[int]:
        names = members(label, labels) if self.include_children else [label]
        columns = [labels.index(name) for name in names if name in labels]
        if not columns:
            raise ValueError(f"the scores have no label {label!r}; {nearest(label, labels)}")
        return columns
