"""From the scores of windows to the score of the whole."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from reactivex import Observable

from flowrun.schemas.kernel import per_stream
from flowrun.schemas.ports import Scores, Windows
from flowrun.schemas.spec import operator


@operator()
def pool(scores: Observable[Scores], *, method: Literal["mean", "max"] = "mean") -> Observable[Scores]:
    """Pool the scores of all windows of a stream into one, at the stream's end.

    Args:
        method: The mean over the windows, as AudioSet's clip scores are made, or the maximum.
    """
    return scores.pipe(per_stream(lambda: _Kernel(method)))


class _Kernel:
    def __init__(self, method: str) -> None:
        self.method = method
        self.windows = 0
        self.total: NDArray[np.float64] | None = None
        self.peak: NDArray[np.float32] | None = None
        self.start_s = 0.0
        self.end_s = 0.0

    def __call__(self, item: Scores) -> list[Scores]:
        if len(item.values):
            if self.total is None or self.peak is None:
                self.start_s = float(item.at.start_s[0])
                self.total, self.peak = np.zeros(item.values.shape[1]), item.values[0]
            self.windows += len(item.values)
            self.total = self.total + item.values.sum(axis=0, dtype=np.float64)
            self.peak = np.maximum(self.peak, item.values.max(axis=0))
            self.end_s = float(item.at.start_s[-1]) + item.at.window_s
        if not item.last:
            return []
        length_s = self.end_s - self.start_s
        if self.total is None or self.peak is None:  # a stream without a window
            at = Windows(item.stream, np.empty(0), length_s, length_s, item.at.began_at, last=True)
            return [Scores(at, item.values[:0], item.labels)]
        pooled = self.total / self.windows if self.method == "mean" else self.peak
        at = Windows(item.stream, np.array([self.start_s]), length_s, length_s, item.at.began_at, last=True)
        return [Scores(at, pooled[None].astype(np.float32), item.labels)]
