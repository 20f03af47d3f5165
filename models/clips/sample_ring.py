"""The last samples of a stream, by their position."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Gap(NamedTuple):
    """Where samples were lost, from *start* on, and how many; 0 where nobody knows."""

    start: int
    lost: int


class SampleRing:
    """Remembers the last *capacity* samples; lost ones are zeros.

    first: position of the oldest sample that it has. end: position after the newest.

    >>> ring = SampleRing(4)
    >>> ring.add(np.array([1, 2, 3], np.float32), 10)
    >>> ring.add(np.array([5, 6], np.float32), 14, gap=True)
    >>> ring.first, ring.end, ring.read(12, 16).tolist(), ring.gaps(12, 16)
    (12, 16, [3.0, 0.0, 5.0, 6.0], [Gap(start=13, lost=1)])
    """

    def __init__(self, capacity: int) -> None:
        self._samples = np.zeros(capacity, np.float32)
        self._gaps: deque[Gap] = deque()
        self.first: int | None = None
        self.end = 0

    def add(self, samples: NDArray[np.float32], start: int, *, gap: bool = False) -> None:
        """Take the samples, shape (n,), from position *start* on.

        Raises:
            ValueError: they were there before.
        """
        if self.first is None:
            self.first = self.end = start
            gap = False
        if start < self.end:
            raise ValueError(f"sample {start} comes after sample {self.end - 1}")
        lost = start - self.end
        if gap or lost:
            self._gaps.append(Gap(self.end, lost))
            self._put(np.zeros(min(lost, len(self._samples)), np.float32), start)
        self._put(samples[-len(self._samples) :], start + len(samples))
        while self._gaps and sum(self._gaps[0]) < self.first:
            self._gaps.popleft()

    def read(self, start: int, end: int) -> NDArray[np.float32]:
        """Return a copy of the samples from *start* to before *end*, all of which it must have."""
        return self._samples.take(np.arange(start, end) % len(self._samples))

    def gaps(self, start: int, end: int) -> list[Gap]:
        """Return where samples were lost between *start* and *end*."""
        within = [(max(start, at), min(end, at + lost), lost) for at, lost in self._gaps]
        return [Gap(a, b - a) for a, b, lost in within if a < b or (lost == 0 and start < a < end)]

    def _put(self, samples: NDArray[np.float32], end: int) -> None:
        """Write what ends before position *end*."""
        capacity = len(self._samples)
        self._samples[np.arange(end - len(samples), end) % capacity] = samples
        self.end = end
        self.first = max(self.first or 0, end - capacity)
