"""A stream from the network."""

from __future__ import annotations

from typing import Annotated, Any

from reactivex import Observable

from flowrun.models.capture.address import SCHEMES, fault, shown
from flowrun.models.capture.ffmpeg import Ffmpeg, ffmpeg
from flowrun.operators._printable import printable
from flowrun.operators.sources._continuous import Continuous
from flowrun.operators.sources._listening import Listening, Wish
from flowrun.operators.sources._times import bursts
from flowrun.schemas.delay import Delay
from flowrun.schemas.kernel import produce
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Audio
from flowrun.schemas.run import Run
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import Mismatch, StreamInfo


def _info(*, url: str, rate_hz: int, stream: str | None, block_s: float, **_: Any) -> StreamInfo:
    if wrong := fault(url):
        raise Mismatch(f"no address of a stream: {wrong}", "url", remedy=f"known schemes: {', '.join(SCHEMES)}")
    name = printable(stream or shown(url, path=not _secret(url)))
    return StreamInfo(rate_hz=rate_hz, stream=name, delay=Delay.of_blocks(block_s))


@operator(info=_info, live=True)
def network_stream(
    *,
    url: str,
    rate_hz: Annotated[int, Field("Hz", ge=8000, le=192000)] = 16000,
    channel: Annotated[int | None, Field(ge=1, le=64)] = None,
    block_s: Annotated[float, Field("s", ge=0.02, le=60)] = 0.08,
    buffer_s: Annotated[float, Field("s", ge=2, le=600)] = 60.0,
    stall_s: Annotated[float, Field("s", ge=10)] = 20.0,
    silence_s: Annotated[float, Field("s", ge=1)] = 60.0,
    stream: str | None = None,
    run: Run,
) -> Observable[Audio]:
    """Listen to a camera, a web radio or any other stream that the program ffmpeg opens: RTSP, RTMP, HTTP, HLS, SRT.

    It is supervised as a microphone is: a stream that cannot be reached, stalls, is silent or ends is told of once and
    tried again for ever, and what is lost meanwhile is a gap. The user and the password of the address, and the values
    of its query, are in no message; of an address from `${file:...}` the path is in none either.

    Args:
        url: The address. A local file has none: use `audio_file`.
        rate_hz: Sample rate of the output.
        channel: The channel to listen to, from 1; without it all channels, mixed to one.
        block_s: How much is passed on at a time.
        buffer_s: How much is kept while the flow is busy. Half of it may come at once, as HLS does.
        stall_s: After how long without a sample the stream is opened again. To look at a new stream takes ffmpeg up to
            5 s, and HLS comes every 10 s or so.
        silence_s: After how long with nothing but zeros the stream is opened again.
        stream: Name of the stream; without it the address, as far as it may be shown.
    """
    ffmpeg()  # that it is missing is said before anything runs
    path = not _secret(url)
    address = shown(url, path=path)
    wish = Wish(address, None, block_s, buffer_s, stall_s, silence_s, bursts=True)
    # ffmpeg gives up sooner than we do, because it knows why.
    system = Ffmpeg(url, address, rate_hz, channel, ahead_s=buffer_s / 2, timeout_s=0.8 * stall_s, path=path)
    name = printable(stream or address)
    return produce(lambda: Listening(wish, Continuous(name, rate_hz, bursts()), run, lambda: system).blocks())


def _secret(text: str) -> bool:
    """Whether *text* came from a file of secrets: it does not show itself then."""
    return repr(text) != repr(str(text))
