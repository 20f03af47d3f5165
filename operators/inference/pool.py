"""From the scores of windows to the score of the whole, or of each piece of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

from reactivex import Observable

from flowrun.schemas.kernel import per_stream
from flowrun.schemas.late import np
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Scores, Windows
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import StreamInfo

if TYPE_CHECKING:
    from numpy.typing import NDArray

SLACK_S = 1e-6  # what rounding may do to a time


def _info(*, scores: StreamInfo, method: str, every_s: float | None) -> StreamInfo:
    delay = scores.delay if every_s else scores.delay and scores.delay.at_the_end()
    return replace(scores, window_s=None, hop_s=every_s, delay=delay)


@operator(info=_info)
def pool(
    scores: Observable[Scores],
    *,
    method: Literal["mean", "max"] = "mean",
    every_s: Annotated[float | None, Field("s", gt=0)] = None,
) -> Observable[Scores]:
    """Pool the scores of all windows of a stream into one, at the stream's end, or those of each piece of it.

    Args:
        method: The mean over the windows, as AudioSet's clip scores are made, or the maximum.
        every_s: Length of a piece; a window belongs to that in which it starts. Without it there is one, the whole.
    """
    return per_stream(scores, lambda: _Kernel(method, every_s), across_gaps=True)


class _Kernel:
    def __init__(self, method: str, every_s: float | None) -> None:
        self.method, self.every_s = method, every_s
        self.windows = 0
        self.pooled: NDArray[np.float64] | float = 0.0  # shape (classes,), the sum or the maximum
        self.start_s = self.end_s = 0.0
        self.gap = False

    def __call__(self, item: Scores) -> Iterator[Scores]:
        if self.every_s is not None and item.gap:
            yield from self._piece(item)
            self.gap = True
        for start_s, row in zip(item.at.start_s.tolist(), item.values, strict=True):
            if self.windows and self._place(start_s) > self._place(self.start_s):
                yield from self._piece(item)
            if not self.windows:
                self.start_s = start_s
            self.windows += 1
            self.end_s = start_s + item.at.window_s
            self.pooled = self.pooled + row if self.method == "mean" else np.maximum(self.pooled, row)
            if self._place(start_s + item.at.hop_s) > self._place(self.start_s):  # none that follows belongs to it
                yield from self._piece(item)
        if item.last:
            yield self._pooled(item)

    def _place(self, start_s: float) -> int:
        return int((start_s + SLACK_S) / self.every_s) if self.every_s else 0

    def _piece(self, item: Scores) -> Iterator[Scores]:
        if self.windows:
            pooled = self._pooled(item)
            yield replace(pooled, at=replace(pooled.at, last=False))
        self.windows, self.pooled, self.gap = 0, 0.0, False

    def _pooled(self, item: Scores) -> Scores:
        starts = np.array([self.start_s] if self.windows else [], np.float64)
        total = np.zeros((len(starts), item.values.shape[1])) + self.pooled
        values = (total / max(self.windows, 1) if self.method == "mean" else total).astype(np.float32)
        length_s = self.end_s - self.start_s
        hop_s, whole = (length_s, True) if self.every_s is None else (self.every_s, False)
        at = Windows(item.stream, starts, length_s, hop_s, item.at.began_at, gap=self.gap, last=item.last, whole=whole)
        return Scores(at, values, item.labels, item.thresholds)
