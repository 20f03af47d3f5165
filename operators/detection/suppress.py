"""Hits that another sound explains."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from reactivex import Observable

from flowrun.schemas.kernel import per_stream
from flowrun.schemas.late import np
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Hits
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import Mismatch, StreamInfo, nearest

if TYPE_CHECKING:
    from numpy.typing import NDArray

SLACK_S = 1e-9  # what rounding may do to a time


def _info(*, hits: StreamInfo, labels: dict[str, list[str]], hold_s: float) -> StreamInfo:
    if not any(labels.values()):
        raise Mismatch("no label is suppressed", "labels", remedy="name what each gives way to: {Dog: [Speech]}")
    for label, others in labels.items():
        hits.need_label(label, "labels", label)
        if label in others:
            raise Mismatch(f"{label!r} cannot suppress itself", "labels", label)
        for i, other in enumerate(others):
            if hits.labels is not None and other not in hits.labels:
                hint = f"{nearest(other, hits.labels)}; give it a threshold too"
                raise Mismatch(f"{hits.step!r} does not watch {other!r}", "labels", label, i, remedy=hint)
    return replace(hits, labels=hits.labels and kept(hits.labels, labels))


@operator(info=_info)
def suppress(
    hits: Observable[Hits],
    *,
    labels: Annotated[dict[str, list[str]], Field(example='{"Dog": ["Speech"]}')],
    hold_s: Annotated[float, Field("s", ge=0)] = 0.0,
) -> Observable[Hits]:
    """Drop the hits of a label while another label is active: a dog while somebody speaks, say.

    It stands between `threshold` and `debounce`, and sees each window once: an event that has begun is not taken back.
    Labels that suppress and are not suppressed themselves are not passed on; whoever wants their events too reads
    the `threshold` step. They suppress by what was heard of them, also where they are suppressed by a third.

    Args:
        labels: For each label to suppress, those that it gives way to.
        hold_s: It gives way also to what ended up to so long before the start of the window.
    """
    return per_stream(hits, lambda: _Kernel(labels, hold_s), across_gaps=True)


def kept(labels: tuple[str, ...], suppressed: dict[str, list[str]]) -> tuple[str, ...]:
    """Return those of *labels* that are passed on.

    >>> kept(("Dog", "Glass", "Speech"), {"Dog": ["Speech"]})
    ('Dog', 'Glass')
    """
    others = {other for named in suppressed.values() for other in named}
    return tuple(label for label in labels if label in suppressed or label not in others)


class _Kernel:
    def __init__(self, labels: dict[str, list[str]], hold_s: float) -> None:
        self.given, self.hold_s = labels, hold_s
        self.ends_s: NDArray[np.float64] | None = None  # where each label was last active

    def __call__(self, item: Hits) -> list[Hits]:
        if self.ends_s is None:
            self.ends_s = np.full(len(item.labels), -np.inf)
        gives_way = self._gives_way(item.labels)
        active = item.active.copy()
        for w, start in enumerate(item.at.start_s):
            heard = item.active[w] | (self.ends_s + self.hold_s + SLACK_S >= start if self.hold_s else False)
            active[w] &= ~(gives_way & heard).any(axis=1)
            self.ends_s[item.active[w]] = start + item.at.window_s
        names = kept(item.labels, self.given)
        columns = [item.labels.index(name) for name in names]
        thresholds = tuple(item.thresholds[i] for i in columns)
        return [Hits(item.at, item.values[:, columns], active[:, columns], names, thresholds)]

    def _gives_way(self, labels: tuple[str, ...]) -> NDArray[np.bool_]:
        """Return what gives way to what, shape (labels, labels)."""
        matrix = np.zeros((len(labels), len(labels)), np.bool_)
        for label, others in self.given.items():
            for name in (label, *others):
                if name not in labels:
                    raise ValueError(f"no threshold watches {name!r}; {nearest(name, labels)}")
            matrix[labels.index(label), [labels.index(other) for other in others]] = True
        return matrix
