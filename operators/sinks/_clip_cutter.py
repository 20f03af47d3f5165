"""Which part of a stream belongs to which events, cut by the sample."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import TYPE_CHECKING

from flowrun.models.clips.sample_ring import Gap, SampleRing
from flowrun.schemas.late import np
from flowrun.schemas.ports import Audio, Event

if TYPE_CHECKING:
    from numpy.typing import NDArray

SLACK = 1e-6  # samples: what rounding may do to a time


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is cut, s; overlapping events have one clip if *share*."""

    before_s: float
    after_s: float
    max_s: float
    memory_s: float
    share: bool


@dataclass(frozen=True, slots=True, eq=False)
class Cutting:
    """Samples that belong to events.

    start: position of the first in the stream. complete: all that was asked for is there; what lies before the start
    of the stream was not.
    """

    events: Sequence[Event]
    samples: NDArray[np.float32]
    start: int
    gaps: Sequence[Gap]
    complete: bool


@dataclass(slots=True, eq=False)
class _Pending:
    start: int
    end: int
    whole: bool
    events: list[Event]


class ClipCutter:
    """Cuts one stream.

    An event may come before its sound, with it, or later. A clip is cut with the first block after that of its end, or
    when the stream ends; until then other events can join it.
    """

    def __init__(self, extent: Extent, rate_hz: int) -> None:
        self._extent = extent
        self._rate_hz = rate_hz
        self._max = max(1, floor(extent.max_s * rate_hz))
        self._ring = SampleRing(max(self._max, ceil(extent.memory_s * rate_hz)))
        self._first = 0
        self._pending: list[_Pending] = []

    def restarts(self, block: Audio) -> bool:
        """Whether *block* lies before what was heard, so that it is of another run of the stream."""
        return self._ring.first is not None and block.start_sample < self._ring.end

    def want(self, event: Event) -> None:
        """Note that a clip of *event* is wanted."""
        start = floor((event.start_s - self._extent.before_s) * self._rate_hz + SLACK)
        end = ceil((event.end_s + self._extent.after_s) * self._rate_hz - SLACK)
        start = max(start, self._first, 0)
        whole = end - start <= self._max
        end = max(start, min(end, start + self._max))
        for clip in self._pending if self._extent.share else ():
            a, b = min(start, clip.start), max(end, clip.end)
            if start <= clip.end and clip.start <= end and b - a <= self._max:
                clip.start, clip.end = a, b
                clip.whole &= whole
                clip.events.append(event)
                return
        self._pending.append(_Pending(start, end, whole, [event]))

    def add(self, block: Audio) -> Iterator[Cutting]:
        """Take a block; yield the clips that it completes."""
        ring, start, end = self._ring, block.start_sample, block.start_sample + len(block.samples)
        if ring.first is None:
            ring.add(block.samples[:0], start)
            self._first = start
        yield from self._cut()
        gap, at = block.gap, start
        while ring.end < end or at == start:
            # No further than to the end of the next clip: what it needs must not be overwritten.
            stop = min([end, *(clip.end for clip in self._pending)])
            if stop < at:  # it ends in a gap
                ring.add(block.samples[:0], stop, gap=True)
            else:
                ring.add(block.samples[at - start : stop - start], at, gap=gap)
                gap, at = False, stop
            yield from self._cut()
            if at == end:
                break

    def finish(self) -> Iterator[Cutting]:
        """Yield all clips that are under way, as far as they have come."""
        yield from self._cut(everything=True)

    def _cut(self, *, everything: bool = False) -> Iterator[Cutting]:
        due = [clip for clip in self._pending if everything or clip.end <= self._ring.end]
        self._pending = [clip for clip in self._pending if clip not in due]
        for clip in due:
            start = max(clip.start, self._ring.first or 0)
            end = max(start, min(clip.end, self._ring.end))
            complete = clip.whole and (start, end) == (max(clip.start, self._first), clip.end)
            gaps = self._ring.gaps(start, end)
            yield Cutting(clip.events, self._ring.read(start, end), start, gaps, complete)
