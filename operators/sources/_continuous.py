"""One stream of one rate, of pieces that came at another and with gaps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from flowrun.operators.audio.resample import Stream, stream_of
from flowrun.operators.sources._times import Times
from flowrun.schemas.late import np
from flowrun.schemas.ports import Audio

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Continuous:
    """Makes blocks of what was heard.

    Args:
        stream: Name of the stream.
        rate_hz: Rate of the blocks.
        times: Gives them their times of day.
    """

    def __init__(self, stream: str, rate_hz: int, times: Times | None = None) -> None:
        self.stream, self.rate_hz = stream, rate_hz
        self.position = 0  # first sample of the next block
        self._times = times or Times()
        self._resample: Stream | None = None
        self._base_s = 0.0  # where the frames since the last gap begin
        self._frames = 0  # how many they are, at the rate they came with
        self._source_hz = rate_hz
        self._gap = False

    def blocks(
        self, samples: NDArray[np.float32], source_hz: int, at: datetime, *, gap: bool = False, lost: int = 0
    ) -> Iterator[Audio]:
        """Yield what *samples* (n,) at *source_hz* add, which came *at* that time and followed *lost* others."""
        if gap:
            yield from self._rest()
            self._base_s += (self._frames + lost * self._source_hz / source_hz) / self._source_hz
            self._frames = 0
            self.position = max(self.position, round(self._base_s * self.rate_hz))
            self._gap = True
        if self._frames == 0:
            self._source_hz = source_hz
            self._resample = None if source_hz == self.rate_hz else stream_of(source_hz, self.rate_hz, "soxr_hq")
        self._frames += len(samples)
        self._times.heard(self._base_s + self._frames / self._source_hz, at)
        yield from self._block(self._resample(samples, False) if self._resample else samples)

    def end(self) -> Iterator[Audio]:
        """Yield what is left, marked as the last, if there was anything."""
        if self._frames:
            yield from self._rest()
            yield self._audio(np.zeros(0, np.float32), last=True)

    def _rest(self) -> Iterator[Audio]:
        if self._resample:
            yield from self._block(self._resample(np.zeros(0, np.float32), True))

    def _block(self, samples: NDArray[np.float32]) -> Iterator[Audio]:
        if len(samples):
            yield self._audio(samples)
            self.position += len(samples)
            self._gap = False

    def _audio(self, samples: NDArray[np.float32], *, last: bool = False) -> Audio:
        at = self._times.at(self.position / self.rate_hz)
        return Audio(samples, self.rate_hz, self.stream, self.position, at, self._gap, last)
