"""Sound level."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal

from reactivex import Observable

from flowrun.models.a_weighting import AFilter
from flowrun.models.framing import Framer
from flowrun.operators._rate import keep_rate
from flowrun.operators._timeline import Timeline
from flowrun.schemas.kernel import per_stream
from flowrun.schemas.late import np
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Audio, Levels
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import StreamInfo

if TYPE_CHECKING:
    from numpy.typing import NDArray


def _info(*, audio: StreamInfo, window_s: float, **_: Any) -> StreamInfo:
    return StreamInfo(window_s=window_s, hop_s=window_s, delay=audio.delay)


@operator(info=_info)
def level(
    audio: Observable[Audio],
    *,
    window_s: Annotated[float, Field("s", gt=0, le=60)] = 1.0,
    weighting: Literal["none", "A"] = "none",
    floor_db: Annotated[float, Field("dBFS", le=0)] = -120.0,
) -> Observable[Levels]:
    """Measure the RMS level of windows, in dB relative to full scale.

    A full-scale sine has -3.01 dBFS. What is left at the end of a stream is measured as a shorter window.

    Args:
        window_s: Length of a window; windows do not overlap.
        weighting: "A" weighs the spectrum as IEC 61672-1 does, 0 dB at 1 kHz.
        floor_db: Level given for silence.
    """
    return per_stream(audio, lambda: _Kernel(window_s, weighting, floor_db))


class _Kernel:
    def __init__(self, window_s: float, weighting: str, floor_db: float) -> None:
        self.window_s = window_s
        self.weighting = weighting
        self.floor_db = floor_db
        self.rate_hz = 0  # that of the first block

    def __call__(self, audio: Audio) -> list[Levels]:
        if not self.rate_hz:
            self._begin(audio.rate_hz)
        keep_rate(audio, self.rate_hz)
        frames = list(self.frames(audio.samples))
        if audio.last and len(self.frames.rest):
            frames.append(self.frames.rest)
        at = self.timeline(audio, len(frames))
        if at is None:
            return []
        levels = np.array([decibels(self.weigh(frame), self.floor_db) for frame in frames], np.float32)
        return [Levels(at, levels, "dBFS(A)" if self.weighting == "A" else "dBFS")]

    def _begin(self, rate_hz: int) -> None:
        size = max(1, round(self.window_s * rate_hz))
        self.rate_hz = rate_hz
        self.frames = Framer(size, size)
        self.timeline = Timeline(rate_hz, size, size)
        self.weigh: Callable[[NDArray[Any]], NDArray[Any]] = AFilter(rate_hz) if self.weighting == "A" else np.asarray


def decibels(samples: NDArray[np.floating], floor_db: float) -> float:
    """Return the RMS level of *samples*, shape (n,), n > 0, in dBFS, and at least *floor_db*.

    >>> decibels(np.array([1, -1, 1, -1], np.float32), -120), decibels(np.zeros(4, np.float32), -120)
    (0.0, -120)
    """
    power = float(np.mean(np.square(samples, dtype=np.float64)))
    return max(float(10 * np.log10(power)), floor_db) if power else floor_db
