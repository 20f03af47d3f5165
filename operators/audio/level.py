"""Sound level."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from reactivex import Observable

from flowrun.models.framing import Framer
from flowrun.schemas.kernel import per_stream
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Audio, Levels, Windows
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import StreamInfo


def _info(*, audio: StreamInfo, window_s: float, weighting: str, floor_db: float) -> StreamInfo:
    return StreamInfo(window_s=window_s, hop_s=window_s)


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
    return audio.pipe(per_stream(lambda: _Kernel(window_s, weighting, floor_db)))


class _Kernel:
    def __init__(self, window_s: float, weighting: str, floor_db: float) -> None:
        self.window_s = window_s
        self.weighting = weighting
        self.floor_db = floor_db
        self.frames: Framer | None = None
        self.start_s = 0.0

    def __call__(self, audio: Audio) -> list[Levels]:
        if self.frames is None:
            size = max(1, round(self.window_s * audio.rate_hz))
            self.frames = Framer(size, size)
            self.start_s = audio.start_s
        first = self.frames.count
        powers = [power(frame, audio.rate_hz, self.weighting) for frame in self.frames(audio.samples)]
        if audio.last and len(self.frames.rest):
            powers.append(power(self.frames.rest, audio.rate_hz, self.weighting))
        if not powers and not audio.last:
            return []
        with np.errstate(divide="ignore"):
            levels = np.maximum(10 * np.log10(np.array(powers, np.float64)), self.floor_db).astype(np.float32)
        hop_s = self.frames.length / audio.rate_hz
        starts = self.start_s + hop_s * np.arange(first, first + len(powers))
        at = Windows(audio.stream, starts, hop_s, hop_s, audio.began_at, audio.gap, audio.last)
        return [Levels(at, levels, "dBFS(A)" if self.weighting == "A" else "dBFS")]


def power(samples: NDArray[np.float32], rate_hz: int, weighting: str) -> float:
    """Return the mean square of *samples*, shape (n,), n > 0, A-weighted where asked.

    >>> power(np.array([1, -1, 1, -1], np.float32), 16000, "none")
    1.0
    """
    if weighting == "none":
        return float(np.mean(np.square(samples, dtype=np.float64)))
    hann = np.hanning(len(samples) + 2)[1:-1]
    spectrum = np.square(np.abs(np.fft.rfft(samples * hann)))  # the window keeps loud bass out of the bins above it
    spectrum[1 : (len(samples) + 1) // 2] *= 2  # the negative frequencies
    gain = a_weighting(np.fft.rfftfreq(len(samples), 1 / rate_hz))
    return float(np.sum(spectrum * np.square(gain)) / (len(samples) * np.sum(np.square(hann))))


def a_weighting(frequency_hz: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the gain of the A curve, 1 at 1 kHz.

    Source: IEC 61672-1:2013, annex E.

    >>> (20 * np.log10(a_weighting(np.array([100.0, 1000.0, 10000.0])))).round(1).tolist()
    [-19.1, 0.0, -2.5]
    """
    f = np.square(frequency_hz)
    curve: NDArray[np.floating] = (
        12194.217**2
        * f**2
        / ((f + 20.598997**2) * np.sqrt((f + 107.65265**2) * (f + 737.86223**2)) * (f + 12194.217**2))
    )
    return curve * np.float64(10 ** (2.0 / 20))
