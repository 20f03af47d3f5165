"""Cutting a stream that arrives in blocks into overlapping frames, the same frames for every block size."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any, TypeVar

from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    T = TypeVar("T", bound=np.generic)


class Framer:
    """Cuts frames of *length* rows every *hop* rows along the first axis.

    >>> framer = Framer(3, 2)
    >>> framer(np.arange(4)).tolist(), framer(np.arange(4, 7)).tolist()
    ([[0, 1, 2]], [[2, 3, 4], [4, 5, 6]])
    """

    def __init__(self, length: int, hop: int) -> None:
        self.length = length
        self.hop = hop
        self.count = 0  # frames given so far
        self._kept: NDArray[Any] | None = None
        self._skip = 0  # rows still to be left out: the hop may be longer than a frame

    def __call__(self, block: NDArray[T]) -> NDArray[T]:
        """Return the frames that *block*, shape (n, ...), completes: shape (frames, length, ...), a view."""
        dropped = min(self._skip, len(block))
        self._skip -= dropped
        rows = block[dropped:]
        if self._kept is not None and len(self._kept):
            rows = np.concatenate([self._kept, rows])
        frames = framed(rows, self.length, self.hop)
        used = len(frames) * self.hop
        self._kept = rows[used:].copy()
        self._skip += max(0, used - len(rows))
        self.count += len(frames)
        return frames

    @property
    def rest(self) -> NDArray[Any]:
        """The rows that wait for a frame to be complete."""
        return np.empty(0) if self._kept is None else self._kept


def framed(rows: NDArray[T], length: int, hop: int) -> NDArray[T]:
    """Return the frames of *length* rows, *hop* rows apart, that lie wholly inside *rows*.

    They are a view, not to be written to. This does what NumPy's sliding_window_view does, in a third of the time: on
    short blocks that is what counts.

    Args:
        rows: Shape (n, ...).
        length: Of a frame.
        hop: From the start of one frame to that of the next.

    Returns:
        Shape (frames, length, ...).

    >>> framed(np.arange(6), 3, 2).tolist()
    [[0, 1, 2], [2, 3, 4]]
    """
    count = max(0, (len(rows) - length) // hop + 1)
    step, *others = rows.strides
    return np.lib.stride_tricks.as_strided(
        rows, (count, length, *rows.shape[1:]), (hop * step, step, *others), writeable=False
    )


def padding(samples: int, window: int, hop: int) -> int:
    """Return how much silence fills the last window of a stream of *samples*, > 0, so that every sample is in a window.

    Source: pad_waveform in features.py of the YAMNet release.

    >>> padding(100, 15600, 7680), padding(15600, 15600, 7680), padding(15601, 15600, 7680)
    (15500, 0, 7679)
    """
    windows = 1 + max(0, ceil((samples - window) / hop))
    return max(0, (windows - 1) * hop + window - samples)
