"""One audio file."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

from reactivex import Observable

from flowrun.operators.sources._reading import rate_of, read_blocks
from flowrun.schemas.kernel import produce
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Audio
from flowrun.schemas.run import Run
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import StreamInfo


def _info(*, path: Path, **_: Any) -> StreamInfo:
    return StreamInfo(probe=partial(rate_of, path))


@operator(info=_info)
def audio_file(
    *,
    path: Annotated[Path, Field(exists="file")],
    channel: Annotated[int | None, Field(ge=1)] = None,
    block_s: Annotated[float, Field("s", gt=0, le=600)] = 10.0,
    start_s: Annotated[float, Field("s", ge=0)] = 0.0,
    end_s: Annotated[float | None, Field("s", gt=0)] = None,
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
    """
    if end_s is not None and end_s <= start_s:
        raise ValueError(f"end_s ({end_s:g} s) must be after start_s ({start_s:g} s)")
    return produce(
        lambda: read_blocks(
            path,
            stream=str(path),
            block_s=block_s,
            channel=channel,
            start_s=start_s,
            end_s=end_s,
            stopping=run.stopping,
        )
    )
