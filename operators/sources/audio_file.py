"""One audio file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from reactivex import Observable

from flowrun.operators._printable import printable
from flowrun.operators.sources._opening import UNKNOWN_FRAMES, probe
from flowrun.operators.sources._reading import Cut, read_blocks
from flowrun.schemas.kernel import produce
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Audio, Failed
from flowrun.schemas.run import Run
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import Mismatch, StreamInfo


def _info(*, path: Path, start_s: float, end_s: float | None, stream: str | None, **_: Any) -> StreamInfo:
    if end_s is not None and end_s <= start_s:
        raise Mismatch(f"end_s ({end_s:g} s) must be after start_s ({start_s:g} s)", "end_s")
    return StreamInfo(probe=lambda: (probe(path) or (None,))[0], stream=stream or printable(str(path)))


@operator(info=_info)
def audio_file(
    *,
    path: Annotated[Path, Field(exists="file")],
    channel: Annotated[int | None, Field(ge=1)] = None,
    block_s: Annotated[float, Field("s", gt=0, le=600)] = 10.0,
    start_s: Annotated[float, Field("s", ge=0)] = 0.0,
    end_s: Annotated[float | None, Field("s", gt=0)] = None,
    stream: str | None = None,
    run: Run,
) -> Observable[Audio]:
    """Read an audio file, at its own sample rate.

    Everything libsndfile reads: WAV of any width, FLAC, Ogg Vorbis, Opus, MP3, AIFF and more.

    Args:
        path: The file.
        channel: The channel to read, from 1; without it the mean of all channels.
        block_s: How much is read at a time.
        start_s: Where to begin.
        end_s: Where to end; without it the end of the file.
        stream: Name of the stream; without it the path.
    """

    def blocks() -> Iterator[Audio | Failed]:
        rate_hz, frames = probe(path) or (0, 0)
        if rate_hz and frames < UNKNOWN_FRAMES:
            length_s = frames / rate_hz
            run.expect(seconds=max(0.0, min(length_s, end_s or length_s) - start_s))
        yield from read_blocks(
            path, printable(stream or str(path)), Cut(block_s, channel, start_s, end_s), run.stopping
        )

    return produce(blocks)
