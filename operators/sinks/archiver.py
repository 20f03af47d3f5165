"""Everything that was heard, in pieces."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, cast

from reactivex import Observable
from reactivex import operators as ops

from flowrun.models.clips.clip_folder import Clip, ClipFolder
from flowrun.models.clips.retention import Limits
from flowrun.models.clips.sample_ring import SampleRing
from flowrun.operators._rate import keep_rate
from flowrun.operators.sinks._clip_store import ClipStore, check_template
from flowrun.schemas.kernel import Sink, write_to
from flowrun.schemas.parameters import Field
from flowrun.schemas.plain import utc
from flowrun.schemas.ports import Audio, Failed, StreamEnd
from flowrun.schemas.run import Run
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import StreamInfo


def _info(*, template: str, **_: object) -> StreamInfo:
    check_template(template, ("date", "time", "stream"))
    return StreamInfo()


@operator(info=_info)
def archiver(
    audio: Observable[Audio | StreamEnd],
    *,
    folder: Path | None = None,
    piece_s: Annotated[float, Field("s", gt=0, le=3600)] = 60.0,
    format: Literal["wav", "flac"] = "flac",
    template: str = "{date}/{date}T{time}_{stream}",
    max_bytes: Annotated[int | None, Field("bytes", ge=1)] = None,
    max_age_s: Annotated[float | None, Field("s", gt=0)] = None,
    min_free_bytes: Annotated[int, Field("bytes", ge=0)] = 100_000_000,
    run: Run,
) -> Sink:
    """Keep all audio, in files of a fixed length; a gap begins a new one.

    Beside a file, in `FILE.json`, stands where it lies in its stream. A file that cannot be written, on a full disk
    for instance, is told once, and the flow goes on. Where there is too much, the oldest recordings in the folder go
    first; no other file is touched. A folder belongs to one step. To keep only what was heard, use `clip_archiver`.

    Args:
        folder: Where the files go; without it nothing is kept.
        piece_s: Length of a file; the last one of a stream is shorter.
        format: The files are of 16 bit, either way.
        template: Name of a file in the folder, without suffix; it has {date} and {time} of its start, UTC, and
            {stream}. A name that is taken gets a number.
        max_bytes: All recordings together.
        max_age_s: Older recordings are removed.
        min_free_bytes: So much stays free on the disk.
    """
    if folder is None:
        return cast(Sink, audio.pipe(ops.filter(lambda item: isinstance(item, Failed))))
    limits = Limits(max_bytes, max_age_s, min_free_bytes)
    return write_to(audio, lambda: _Pieces(piece_s, ClipStore(ClipFolder(folder, template, format, limits), run), run))


class _Pieces:
    def __init__(self, piece_s: float, store: ClipStore, run: Run) -> None:
        self._piece_s = piece_s
        self._store = store
        self._run = run
        self._streams: dict[str, tuple[SampleRing, Audio]] = {}  # and the block that its first sample came in

    def write(self, item: Audio | StreamEnd) -> None:
        if isinstance(item, StreamEnd):
            self._end(item.stream)
            return
        self._store.expire()
        if item.stream in self._streams:
            ring, begun = self._streams[item.stream]
            keep_rate(item, begun.rate_hz)
            if item.gap or item.start_sample != ring.end:
                self._end(item.stream)
        count = max(1, round(self._piece_s * item.rate_hz))
        done = 0
        while done < len(item.samples):
            ring, _ = self._streams.setdefault(item.stream, (SampleRing(count), item))
            at = item.start_sample + done
            held = ring.end - ring.first if ring.first is not None else 0
            piece = item.samples[done : done + count - held]
            ring.add(piece, at)
            done += len(piece)
            if held + len(piece) == count:
                self._end(item.stream)
        if item.last:
            self._end(item.stream)

    def close(self) -> None:
        for stream in list(self._streams):
            self._end(stream)

    abort = close  # what was heard is worth keeping whatever failed

    def _end(self, stream: str) -> None:
        ring, block = self._streams.pop(stream, (None, None))
        if ring is None or block is None or ring.first is None:
            return
        began_at = block.began_at and block.began_at + timedelta(seconds=ring.first / block.rate_hz)
        facts = {
            "stream": stream,
            "start_s": round(ring.first / block.rate_hz, 6),
            "end_s": round(ring.end / block.rate_hz, 6),
            "start_sample": ring.first,
            "began_at": began_at and utc(began_at),
        }
        samples = ring.read(ring.first, ring.end)
        self._store.write(Clip(samples, block.rate_hz, began_at or self._run.now(), {"stream": stream}, facts))
