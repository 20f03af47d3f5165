"""Sample rate conversion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from math import ceil, gcd
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol

from reactivex import Observable

from flowrun.operators._rate import keep_rate
from flowrun.schemas.kernel import per_stream
from flowrun.schemas.late import np
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Audio
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import StreamInfo

if TYPE_CHECKING:
    from numpy.typing import NDArray


HELD_BACK = 1400  # samples of the lower rate: what soxr keeps back, measured, with either filter
WINGS = 65  # the same for resampy: zero crossings of its filters' wings


def _info(*, audio: StreamInfo, rate_hz: int, quality: str, **_: Any) -> StreamInfo:
    delay = None
    if audio.delay and audio.rate_hz:
        delay = audio.delay.later("filter", held_back_s(audio.rate_hz, rate_hz, quality))
    return replace(audio, rate_hz=rate_hz, probe=None, delay=delay)


def held_back_s(source_hz: int, rate_hz: int, quality: str) -> float:
    """Return how long a sample waits, at the most, for those that its filter needs after it.

    >>> held_back_s(16000, 16000, "soxr_hq"), held_back_s(44100, 16000, "soxr_hq")
    (0.0, 0.0875)
    """
    if source_hz == rate_hz:
        return 0.0
    lower_hz = min(source_hz, rate_hz)
    if quality.startswith("soxr_"):
        return HELD_BACK / lower_hz
    return WINGS / lower_hz + 2 / gcd(source_hz, rate_hz) + 1 / source_hz


@operator(info=_info)
def resample(
    audio: Observable[Audio],
    *,
    rate_hz: Annotated[int, Field("Hz", gt=0, le=4_000_000)] = 16000,
    quality: Literal["soxr_hq", "soxr_vhq", "kaiser_best", "kaiser_fast"] = "soxr_hq",
) -> Observable[Audio]:
    """Convert the sample rate, seamlessly across blocks.

    The same samples come out however the audio was cut into blocks.

    Args:
        rate_hz: Rate of the output.
        quality: One of soxr's filters, or of resampy's (80 times slower) to match features computed with them.
    """
    return per_stream(audio, lambda: _Kernel(rate_hz, quality))


class Stream(Protocol):
    """A resampler that is fed in blocks."""

    def __call__(self, samples: NDArray[np.float32], last: bool) -> NDArray[np.float32]:
        """Return what *samples*, float32 (n,), add to the output; the rest too if they are the *last*."""


class _Kernel:
    def __init__(self, rate_hz: int, quality: str) -> None:
        self.rate_hz = rate_hz
        self.quality = quality
        self.source_hz = 0  # that of the first block
        self.start = 0  # first sample of the next block to give

    def __call__(self, audio: Audio) -> list[Audio]:
        if not self.source_hz:
            self.source_hz = audio.rate_hz
            if audio.rate_hz != self.rate_hz:
                self.start = round(audio.start_sample * self.rate_hz / audio.rate_hz)
                self.stream = stream_of(audio.rate_hz, self.rate_hz, self.quality)
        keep_rate(audio, self.source_hz)
        if self.source_hz == self.rate_hz:
            return [audio]
        samples = self.stream(audio.samples, audio.last)
        began_at = audio.began_at
        captured_at = began_at + timedelta(seconds=self.start / self.rate_hz) if began_at else None
        out = replace(audio, samples=samples, rate_hz=self.rate_hz, start_sample=self.start, captured_at=captured_at)
        self.start += len(samples)
        return [out]


def stream_of(source_hz: int, rate_hz: int, quality: str) -> Stream:
    """Return a resampler from *source_hz* to *rate_hz*.

    Raises:
        ModuleNotFoundError: a filter of resampy's is asked for and resampy is not installed.
    """
    if quality.startswith("soxr_"):
        return _soxr(source_hz, rate_hz, quality.removeprefix("soxr_").upper())
    return _Resampy(source_hz, rate_hz, quality)


def _soxr(source_hz: int, rate_hz: int, quality: str) -> Callable[..., Any]:
    import soxr

    stream = soxr.ResampleStream(source_hz, rate_hz, 1, dtype="float32", quality=quality)
    return lambda samples, last: stream.resample_chunk(samples, last=last)


class _Resampy:
    """resampy, block by block: each call sees enough neighbours on both sides for its filter's wings.

    Cuts fall on multiples of the ratio's denominator, so the output grid of every call is the whole file's.
    """

    def __init__(self, source_hz: int, rate_hz: int, name: str) -> None:
        try:
            from resampy.filters import get_filter
        except ModuleNotFoundError:
            raise ModuleNotFoundError("resampy is not installed: pip install 'flowrun[resampy]'") from None

        self.source_hz, self.rate_hz, self.name = source_hz, rate_hz, name
        divisor = gcd(source_hz, rate_hz)
        self.up, self.down = rate_hz // divisor, source_hz // divisor
        window, precision, _ = get_filter(name)
        wing = len(window) / precision / min(1.0, rate_hz / source_hz)  # in input samples
        self.context = self.down * ceil((wing + 1) / self.down)
        self.kept = np.zeros(0, np.float32)
        self.before = 0  # samples in `kept` that have been converted already and serve as the left wing
        self.total_in = 0
        self.total_out = 0

    def __call__(self, samples: NDArray[np.float32], last: bool) -> NDArray[np.float32]:
        import resampy

        self.kept = np.concatenate([self.kept, samples])
        self.total_in += len(samples)
        fresh = len(self.kept) - self.before
        take = fresh if last else max(0, fresh - self.context) // self.down * self.down
        start = self.before // self.down * self.up
        count = take // self.down * self.up
        if last:  # the length of the whole file's conversion
            count = int(self.total_in * self.rate_hz / self.source_hz) - self.total_out
        if count <= 0:
            return np.zeros(0, np.float32)
        heard = self.kept[: self.before + take + self.context]
        whole = resampy.resample(heard, self.source_hz, self.rate_hz, filter=self.name)
        drop = max(0, self.before + take - self.context)
        self.kept, self.before = self.kept[drop:], self.before + take - drop
        self.total_out += count
        return np.asarray(whole[start : start + count], np.float32)
