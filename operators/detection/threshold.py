"""From scores to hits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, TypedDict

from reactivex import Observable

from flowrun.models.ontology import members
from flowrun.schemas.control import Thresholds
from flowrun.schemas.kernel import per_stream
from flowrun.schemas.late import np
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Hits, Scores
from flowrun.schemas.run import Run
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import Mismatch, StreamInfo, nearest

if TYPE_CHECKING:
    from numpy.typing import NDArray

Score = Annotated[float, Field(ge=0, le=1)]
REMEDY = "name `labels` and their thresholds"


class Hysteresis(TypedDict):
    """A label becomes active at `on` and stays so until it falls below `off`."""

    on: Score
    off: Score


def _info(
    *, scores: StreamInfo, labels: float | dict[str, float | Hysteresis] | None, include_children: bool
) -> StreamInfo:
    if isinstance(labels, (int, float)):
        return scores
    if labels is None:
        if scores.labels is not None and not scores.thresholds:
            raise Mismatch(f"the model of {scores.step!r} has no thresholds of its own", remedy=REMEDY)
        return scores
    if not labels:
        raise Mismatch("there is no label to watch", "labels", remedy=REMEDY)
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
    scores: Observable[Scores],
    *,
    labels: Score | dict[str, Score | Hysteresis] | None = None,
    include_children: bool = False,
    run: Run,
) -> Observable[Hits]:
    """Mark the windows in which a label's score reaches its threshold.

    A command or a web page may set another threshold while it runs. It holds until the run ends; hysteresis keeps its
    `off`, unless that were above.

    Args:
        labels: The labels to watch, each with its threshold, or with {on, off} for hysteresis: active from `on`, until
            the score falls below `off`. A number is the threshold of all labels. Without it all labels have the
            thresholds that the model was given when it was trained.
        include_children: Let a label stand for all kinds of it in the AudioSet ontology; the best score counts.
    """
    changes = run.control.thresholds(run.step, labels if isinstance(labels, dict) else None)
    return per_stream(scores, lambda: _Kernel(labels, include_children, changes))


def limits(limit: float | Hysteresis) -> tuple[float, float]:
    """Return the scores at which a label becomes active and inactive.

    >>> limits(0.5), limits({"on": 0.5, "off": 0.3})
    ((0.5, 0.5), (0.5, 0.3))
    """
    return (limit["on"], limit["off"]) if isinstance(limit, dict) else (limit, limit)


def changed(limit: float | Hysteresis, on: float) -> float | Hysteresis:
    """Return *limit* with another score that makes a label active.

    >>> changed(0.5, 0.8), changed({"on": 0.5, "off": 0.3}, 0.8), changed({"on": 0.5, "off": 0.3}, 0.2)
    (0.8, {'on': 0.8, 'off': 0.3}, {'on': 0.2, 'off': 0.2})
    """
    return {"on": on, "off": min(on, limit["off"])} if isinstance(limit, dict) else on


def latch(
    values: NDArray[np.float32], on: NDArray[np.float32], off: NDArray[np.float32], active: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return where each label is active: from the first score >= on, until one < off.

    Args:
        values: Scores, shape (windows, labels).
        on: Score that makes a label active, shape (labels,).
        off: Score below which it is no longer so; at most *on*.
        active: Whether it was active before the first window, shape (labels,).

    >>> half, third, not_yet = np.array([0.5]), np.array([0.3]), np.array([False])
    >>> latch(np.array([[0.4], [0.6], [0.4], [0.2], [0.4]]), half, third, not_yet).ravel().tolist()
    [False, True, True, False, False]
    """
    decided = np.where(values >= on, 1, np.where(values < off, 0, -1))  # -1: as before
    last = np.maximum.accumulate(np.where(decided >= 0, np.arange(len(values))[:, None], -1))
    return np.where(last >= 0, np.take_along_axis(decided, np.maximum(last, 0), 0) == 1, active)


class _Kernel:
    def __init__(
        self, labels: float | dict[str, float | Hysteresis] | None, include_children: bool, changes: Thresholds
    ) -> None:
        self.given = labels
        self.include_children = include_children
        self.changes = changes
        self.changed: Mapping[str, float] = {}
        self.wanted: dict[str, float | Hysteresis] = {}
        self.columns: list[list[int]] = []
        self.active: NDArray[np.bool_]

    def __call__(self, item: Scores) -> list[Hits]:
        if not self.columns:
            self._begin(item)
        if self.changes.changed is not self.changed:
            self._set_limits()
        values = item.values[:, [best for best, *_ in self.columns]]  # (windows, labels)
        for i, columns in enumerate(self.columns):
            if len(columns) > 1:
                values[:, i] = item.values[:, columns].max(axis=1)
        active = latch(values, self.on, self.off, self.active)
        if len(values):
            self.active = active[-1]
        return [Hits(item.at, values, active, self.labels, tuple(self.thresholds))]

    def _begin(self, item: Scores) -> None:
        self.wanted = self._wanted(item)
        self.labels = self.changes.labels = tuple(self.wanted)
        self._set_limits()
        self.active = np.zeros(len(self.labels), np.bool_)
        self.columns = [self._columns(label, item.labels) for label in self.labels]

    def _set_limits(self) -> None:
        self.changed = self.changes.changed
        now = {
            label: changed(limit, self.changed[label]) if label in self.changed else limit
            for label, limit in self.wanted.items()
        }
        bounds = [limits(limit) for limit in now.values()]
        self.thresholds = [on for on, _ in bounds]
        self.on, self.off = (np.array(bound, np.float32) for bound in zip(*bounds, strict=True))

    def _wanted(self, item: Scores) -> dict[str, float | Hysteresis]:
        if isinstance(self.given, dict):
            return self.given
        if self.given is not None:
            return dict.fromkeys(item.labels, self.given)
        if item.thresholds is None:
            raise ValueError(f"the scores come without thresholds; {REMEDY}")
        return dict(zip(item.labels, item.thresholds, strict=True))

    def _columns(self, label: str, labels: tuple[str, ...]) -> list[int]:
        names = members(label, labels) if self.include_children else [label]
        columns = [labels.index(name) for name in names if name in labels]
        if not columns:
            raise ValueError(f"the scores have no label {label!r}; {nearest(label, labels)}")
        return columns
