"""Recordings of what was heard."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import reactivex
from reactivex import Observable, abc, create

from flowrun.models.clips.clip_folder import ClipFolder
from flowrun.models.clips.retention import Limits
from flowrun.operators.sinks._clip_archive import ClipArchive
from flowrun.operators.sinks._clip_cutter import Extent
from flowrun.operators.sinks._clip_store import ClipStore, check_template
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Audio, Event, Failed, StreamEnd
from flowrun.schemas.run import Run
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import Mismatch, StreamInfo


def _info(
    *,
    audio: StreamInfo,
    events: StreamInfo,
    before_s: float,
    after_s: float,
    memory_s: float,
    max_s: float,
    overlap: str = "share",
    template: str,
    **_: object,
) -> StreamInfo:
    check_template(template)
    if before_s + after_s >= max_s:
        raise Mismatch(f"max_s ({max_s:g}) must be over before_s + after_s ({before_s + after_s:g})", "max_s")
    if before_s >= memory_s:
        raise Mismatch(f"memory_s ({memory_s:g}) must be over before_s ({before_s:g})", "memory_s")
    delay = None
    if audio.delay and events.delay:  # the sound of the clip's end has to come, or, if it has, the next block
        clip_s = audio.delay.late_s + max(0.0, after_s - events.delay.late_s)
        delay = events.delay.later("rest of the clip", clip_s)
        delay = delay.later("for other events in it", max_s - before_s - after_s if overlap == "share" else 0.0)
    return replace(events, delay=delay)


@operator(info=_info)
def clip_archiver(
    audio: Observable[Audio | StreamEnd],
    events: Observable[Event],
    *,
    folder: Path,
    before_s: Annotated[float, Field("s", ge=0)] = 3.0,
    after_s: Annotated[float, Field("s", ge=0)] = 5.0,
    memory_s: Annotated[float, Field("s", gt=0, le=3600)] = 30.0,
    max_s: Annotated[float, Field("s", gt=0, le=3600)] = 60.0,
    format: Literal["wav", "flac"] = "wav",
    overlap: Literal["share", "split"] = "share",
    template: str = "{date}/{date}T{time}_{label}_{id}",
    max_bytes: Annotated[int | None, Field("bytes", ge=1)] = None,
    max_age_s: Annotated[float | None, Field("s", gt=0)] = None,
    min_free_bytes: Annotated[int, Field("bytes", ge=0)] = 100_000_000,
    run: Run,
) -> Observable[Event]:
    """Keep a recording of each event, with what was before and after it; nothing else is written.

    The last seconds stay in memory, so an event may be told later than its sound. It is passed on, with the path of
    its clip, when that is written: `after_s` after its end. What must not wait for it reads the step above. Beside a
    clip, in `CLIP.json`, stands what it is of, and where samples were lost in it; there it is silent.

    A clip that cannot be written, on a full disk for instance, is told once, and its event goes on without it. Where
    there is too much, the oldest recordings in the folder go first; no other file is touched. A folder belongs to one
    step.

    Args:
        folder: Where the clips go.
        before_s: How much of what was before the event.
        after_s: How much of what comes after it.
        memory_s: How far back a clip can begin when its event is told.
        max_s: The longest clip; what would be longer is cut, and begins another where events share.
        format: The files are of 16 bit, either way.
        overlap: Events whose clips overlap have one together, or one each.
        template: Name of a clip in the folder, without suffix; it has {date} and {time} of the first event, UTC, and
            its {label}, {stream} and {id}. A name that is taken gets a number.
        max_bytes: All recordings together.
        max_age_s: Older recordings are removed.
        min_free_bytes: So much stays free on the disk.
    """
    extent = Extent(before_s, after_s, max_s, memory_s, overlap == "share")
    items = reactivex.merge(audio, events)

    def subscribe(observer: abc.ObserverBase[Event], scheduler: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        limits = Limits(max_bytes, max_age_s, min_free_bytes)
        archive = ClipArchive(extent, ClipStore(ClipFolder(folder, template, format, limits), run), run)

        def give(results: Iterable[Event], item: Any = None) -> None:
            try:
                for result in results:
                    observer.on_next(result)
            except Exception as error:  # any failure concerns this item only
                observer.on_next(cast(Event, Failed(getattr(item, "stream", ""), error, item)))

        def on_next(item: Any) -> None:
            if isinstance(item, Failed):  # of an operator that this one was called on directly
                observer.on_next(cast(Event, item))
            else:
                give(archive.take(item), item)

        def on_error(error: Exception) -> None:
            give(archive.finish())  # what was heard is worth keeping whatever failed
            observer.on_error(error)

        def on_completed() -> None:
            give(archive.finish())
            observer.on_completed()

        return items.subscribe(on_next, on_error, on_completed, scheduler=scheduler)

    return create(subscribe)
