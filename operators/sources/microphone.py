"""A microphone."""

from __future__ import annotations

from typing import Annotated, Any

from reactivex import Observable

from flowrun.models.capture.portaudio import PortAudio, pyaudio
from flowrun.operators._printable import printable
from flowrun.operators.sources._continuous import Continuous
from flowrun.operators.sources._listening import Listening, Wish
from flowrun.schemas.delay import Delay
from flowrun.schemas.kernel import produce
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Audio
from flowrun.schemas.run import Run
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import StreamInfo


def _info(*, rate_hz: int, device: str | int, stream: str | None, block_s: float, **_: Any) -> StreamInfo:
    return StreamInfo(rate_hz=rate_hz, stream=printable(stream or str(device)), delay=Delay.of_blocks(block_s))


@operator(info=_info, live=True)
def microphone(
    *,
    device: str | int = "default",
    rate_hz: Annotated[int, Field("Hz", ge=8000, le=192000)] = 16000,
    channel: Annotated[int | None, Field(ge=1)] = None,
    block_s: Annotated[float, Field("s", ge=0.02, le=60)] = 0.08,
    buffer_s: Annotated[float, Field("s", ge=1, le=600)] = 30.0,
    stall_s: Annotated[float, Field("s", ge=1)] = 5.0,
    silence_s: Annotated[float, Field("s", ge=1)] = 60.0,
    stream: str | None = None,
    run: Run,
) -> Observable[Audio]:
    """Listen to a microphone, or any other input device that PortAudio knows.

    The device is opened at a rate and format that it has, and converted where these differ. Whatever happens to it, the
    stream goes on: a device that is missing, stalled, silent or lost is told of once and tried again for ever. What is
    lost meanwhile, or because the flow is too slow for the buffer, is a gap in the stream; the time goes on across it.

    Args:
        device: Name, part or pattern of a name, or number, as `flowrun devices` shows them.
        rate_hz: Sample rate of the output.
        channel: The channel to listen to, from 1; without it one channel, or the mean of all where it has no fewer.
        block_s: How much is passed on at a time.
        buffer_s: How much is kept while the flow is busy.
        stall_s: After how long without a sample the device is opened again.
        silence_s: After how long with nothing but zeros the device is opened again.
        stream: Name of the stream; without it the device, as given.
    """
    pyaudio()  # that it is missing is said before anything runs
    wish = Wish(device, channel, block_s, buffer_s, stall_s, silence_s)
    name = printable(stream or str(device))
    return produce(lambda: Listening(wish, Continuous(name, rate_hz), run, PortAudio).blocks())
