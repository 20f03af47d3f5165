"""Sound that another program writes into us."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable, Iterator
from typing import Annotated, Any

from reactivex import Observable

from flowrun.models.capture.devices import Opening
from flowrun.models.capture.pcm import Format, one_channel
from flowrun.models.capture.state import State
from flowrun.operators._printable import printable
from flowrun.operators.sources._continuous import Continuous
from flowrun.operators.sources._listening import seconds
from flowrun.schemas.delay import Delay
from flowrun.schemas.kernel import produce
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Audio
from flowrun.schemas.run import Run
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import Mismatch, StreamInfo

POLL_S = 0.2
Read = Callable[[int], bytes | None]  # at most so many bytes; b"" at the end, None where nothing came for a while


def _info(*, rate_hz: int, channels: int, channel: int | None, stream: str, block_s: float, **_: Any) -> StreamInfo:
    if channel is not None and channel > channels:
        raise Mismatch(f"channel {channel} of {channels}", "channel", remedy="channels count from 1")
    return StreamInfo(rate_hz=rate_hz, stream=printable(stream), delay=Delay.of_blocks(block_s))


@operator(info=_info, live=True)
def pipe(
    *,
    rate_hz: Annotated[int, Field("Hz", ge=1000, le=4_000_000)] = 16000,
    format: Format = "s16le",
    channels: Annotated[int, Field(ge=1, le=64)] = 1,
    channel: Annotated[int | None, Field(ge=1)] = None,
    block_s: Annotated[float, Field("s", ge=0.02, le=60)] = 0.08,
    stall_s: Annotated[float, Field("s", ge=1)] = 5.0,
    stream: str = "pipe",
    run: Run,
) -> Observable[Audio]:
    """Read raw PCM from standard input: what ffmpeg, arecord, parec, rtl_fm or sox write.

    Samples have no header, so rate, format and channels must be those that the other program writes. The stream ends
    when that program does. While the flow is busy that program waits, so nothing is lost here.

    Args:
        rate_hz: Sample rate of what comes.
        format: Format of a sample, as ffmpeg names it.
        channels: How many channels are interleaved.
        channel: The channel to read, from 1; without it the mean of all channels.
        block_s: How much is passed on at a time.
        stall_s: After how long without a sample that is told.
        stream: Name of the stream.
    """
    opening = Opening(rate_hz, channels, format)
    out = Continuous(printable(stream), rate_hz)
    return produce(lambda: heard(standard_input, opening, channel, out, run, block_s=block_s, stall_s=stall_s))


def standard_input(size: int) -> bytes | None:
    """Return at most *size* bytes of standard input, b"" at its end, None if none came for a moment."""
    number = sys.stdin.fileno()
    return os.read(number, size) if select.select([number], [], [], POLL_S)[0] else None


def heard(
    read: Read,
    opening: Opening,
    channel: int | None,
    out: Continuous,
    run: Run,
    *,
    block_s: float,
    stall_s: float,
    clock: Callable[[], float] = seconds,
) -> Iterator[Audio]:
    """Yield what *read* gives, in blocks of *block_s*, until its end or that of the run."""
    state = State(f"{out.stream!r}", run.state, clock)
    size = max(1, round(block_s * opening.rate_hz)) * opening.frame_bytes
    waiting = bytearray()
    last = clock()

    def block(length: int) -> Iterator[Audio]:
        samples = one_channel(bytes(waiting[:length]), opening.form, opening.channels, channel)
        del waiting[:length]
        yield from out.blocks(samples, opening.rate_hz, run.now())

    while not run.stopping.is_set():
        run.heartbeat()
        data = read(size - len(waiting))
        if data == b"":
            break
        if data is None:
            if clock() - last > stall_s:
                state.trouble("stalled", f"nothing came for {stall_s:g} s", last)
            continue
        last = clock()
        state.well(str(opening))
        waiting += data
        if len(waiting) == size:
            yield from block(size)
    if len(waiting) % opening.frame_bytes:
        run.warn(f"{out.stream!r} ends inside a sample: are format and channels ({opening}) what the program writes?")
    if whole := len(waiting) // opening.frame_bytes * opening.frame_bytes:
        yield from block(whole)
    yield from out.end()
