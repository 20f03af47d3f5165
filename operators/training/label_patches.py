"""Patches that a teacher has labelled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

from reactivex import Observable, abc, create
from reactivex.disposable import CompositeDisposable

from flowrun.models.log_mel import LOG_MEL
from flowrun.schemas.late import np
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Examples, Patches, Scores
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import Mismatch, StreamInfo

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Row = NDArray[np.floating[Any]]

PLACES = 3  # two windows that begin within the same millisecond are the same window


def _info(*, patches: StreamInfo, scores: StreamInfo, stream: str, **_: Any) -> StreamInfo:
    if patches.hop_s and scores.hop_s and abs(patches.hop_s - scores.hop_s) > 1e-6:
        raise Mismatch(
            f"the windows do not stand together: {patches.step!r} has one each {patches.hop_s:g} s, "
            f"{scores.step!r} one each {scores.hop_s:g} s",
            "from",
            remedy="give both the same `hop_s`",
        )
    return StreamInfo(labels=scores.labels, embedding=LOG_MEL, stream=stream)


@operator(info=_info)
def label_patches(
    patches: Observable[Patches],
    scores: Observable[Scores],
    *,
    stream: str = "labelled by a teacher",
    block: Annotated[int, Field("examples", ge=1)] = 1000,
) -> Observable[Examples]:
    """Make examples of log-mel patches: what a small network is to learn from a large one.

    A patch and the teacher's scores belong together where their windows begin at the same time of the same stream; a
    window that only one of them has is left out. The examples are kept in half precision.

    Args:
        stream: Name of the set.
        block: Examples that travel together.
    """

    def subscribe(
        observer: abc.ObserverBase[Examples], scheduler: abc.SchedulerBase | None = None
    ) -> abc.DisposableBase:
        pairs = _Pairs(stream, block)
        left = [patches, scores]

        def take(item: Patches | Scores) -> None:
            for ready in pairs.add(item):
                observer.on_next(ready)

        def completed() -> None:
            left.pop()
            if left:
                return
            if pairs.labels:
                observer.on_next(pairs.block(last=True))
            observer.on_completed()

        group = CompositeDisposable()
        for source in (patches, scores):
            group.add(source.subscribe(take, observer.on_error, completed, scheduler=scheduler))
        return group

    return create(subscribe)


@dataclass
class _Stream:
    """What has come of a stream and waits for the other side: patches or scores by the start of their window, s."""

    waiting: dict[tuple[type, float], Row] = field(default_factory=dict)
    ended: int = 0  # sides


class _Pairs:
    def __init__(self, stream: str, size: int) -> None:
        self.stream = stream
        self.size = size
        self.labels: tuple[str, ...] = ()
        self.streams: dict[str, _Stream] = {}
        self.features: list[Row] = []
        self.targets: list[Row] = []
        self.ids: list[str] = []
        self.frames: tuple[int, ...] = (0, 0)

    def add(self, item: Patches | Scores) -> Iterator[Examples]:
        """Take what one side gives; yield the blocks that are full."""
        waiting = self.streams.setdefault(item.stream, _Stream())
        other: type = Patches
        if isinstance(item, Scores):
            self.labels, rows = item.labels, item.values
        else:
            self.frames, rows, other = item.features.shape[1:], item.features, Scores
        for start_s, row in zip(np.round(item.at.start_s, PLACES).tolist(), rows, strict=True):
            match = waiting.waiting.pop((other, start_s), None)
            if match is None:
                waiting.waiting[type(item), start_s] = row
                continue
            patch, target = (match, row) if isinstance(item, Scores) else (row, match)
            self.features.append(patch.astype(np.float16))
            self.targets.append(target.astype(np.float16))
            self.ids.append(f"{item.stream}@{start_s:g}")
            if len(self.ids) == self.size:
                yield self.block()
        waiting.ended += item.last
        if waiting.ended == 2:
            del self.streams[item.stream]

    def block(self, *, last: bool = False) -> Examples:
        """Return what is complete, as a block of examples, perhaps of none."""
        count = len(self.ids)
        ready = Examples(
            np.array(self.features, np.float16).reshape(count, *self.frames),
            np.full(count, self.frames[0], np.int32),
            np.array(self.targets, np.float16).reshape(count, len(self.labels)),
            np.array(self.ids, np.str_),
            self.labels,
            LOG_MEL,
            self.stream,
            epoch_end=last,
            last=last,
        )
        self.features, self.targets, self.ids = [], [], []
        return ready
