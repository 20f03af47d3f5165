"""From the scores of windows to the score of the whole."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from reactivex import Observable

from flowrun.schemas.kernel import per_stream
from flowrun.schemas.late import np
from flowrun.schemas.ports import Scores, Windows
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import StreamInfo

if TYPE_CHECKING:
    from numpy.typing import NDArray


def _info(*, scores: StreamInfo, method: str) -> StreamInfo:
    return replace(scores, window_s=None, hop_s=None)


@operator(info=_info)
def pool(scores: Observable[Scores], *, method: Literal["mean", "max"] = "mean") -> Observable[Scores]:
    """Pool the scores of all windows of a stream into one, at the stream's end.

    Args:
        method: The mean over the windows, as AudioSet's clip scores are made, or the maximum.
    """
    return per_stream(scores, lambda: _Kernel(method), across_gaps=True)


class _Kernel:
    def __init__(self, method: str) -> None:
        self.method = method
        self.windows = 0
        self.pooled: NDArray[np.float64] | None = None  # shape (classes,), the sum or the maximum
        self.start_s = 0.0
        self.end_s = 0.0

    def __call__(self, item: Scores) -> list[Scores]:
        if len(item.values):
            if self.pooled is None:
                self.start_s = float(item.at.start_s[0])
                self.pooled = np.zeros(item.values.shape[1])
            self.windows += len(item.values)
            self.end_s = float(item.at.start_s[-1]) + item.at.window_s
            if self.method == "mean":
                self.pooled = self.pooled + item.values.sum(axis=0, dtype=np.float64)
            else:
                self.pooled = np.maximum(self.pooled, item.values.max(axis=0))
        if not item.last:
            return []
        starts = np.array([self.start_s] if self.windows else [], np.float64)
        total = np.zeros((0, item.values.shape[1])) if self.pooled is None else self.pooled[None]
        values = (total / max(self.windows, 1) if self.method == "mean" else total).astype(np.float32)
        length_s = self.end_s - self.start_s
        at = Windows(item.stream, starts, length_s, length_s, item.at.began_at, last=True, whole=True)
        return [Scores(at, values, item.labels, item.thresholds)]
