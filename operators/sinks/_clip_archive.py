"""The streams that clips are cut from, and what is told of a clip."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from flowrun.models.clips.clip_folder import Clip
from flowrun.operators._rate import keep_rate
from flowrun.operators.sinks._clip_cutter import ClipCutter, Cutting, Extent
from flowrun.operators.sinks._clip_store import ClipStore
from flowrun.schemas.plain import utc
from flowrun.schemas.ports import Audio, Event, StreamEnd
from flowrun.schemas.run import Run


class _Stream:
    def __init__(self) -> None:
        self.cutter: ClipCutter | None = None  # when its rate is known
        self.told: list[Event] = []  # before that
        self.latest: Audio | None = None


class ClipArchive:
    """Gives each event, with the path of its clip, when that is written or cannot be."""

    def __init__(self, extent: Extent, store: ClipStore, run: Run) -> None:
        self._extent = extent
        self._store = store
        self._run = run
        self._streams: dict[str, _Stream] = {}

    def take(self, item: Audio | Event | StreamEnd) -> Iterator[Event]:
        """Take an item; yield the events that are complete with it."""
        if isinstance(item, StreamEnd):
            yield from self._end(item.stream)
        elif isinstance(item, Event):
            stream = self._streams.setdefault(item.stream, _Stream())
            if stream.cutter:
                stream.cutter.want(item)
            else:
                stream.told.append(item)
        else:
            self._store.expire()
            yield from self._hear(item)

    def finish(self) -> Iterator[Event]:
        """Yield the events whose clips are under way, with these as far as they have come."""
        for name in list(self._streams):
            yield from self._end(name)

    def _hear(self, block: Audio) -> Iterator[Event]:
        stream = self._streams.setdefault(block.stream, _Stream())
        if stream.cutter and stream.cutter.restarts(block):
            yield from self._end(block.stream)
            stream = self._streams.setdefault(block.stream, _Stream())
        if stream.latest:
            keep_rate(block, stream.latest.rate_hz)
        stream.latest = replace(block, samples=block.samples[:0])
        if stream.cutter is None:
            stream.cutter = ClipCutter(self._extent, block.rate_hz)
            for event in stream.told:
                stream.cutter.want(event)
        for cutting in stream.cutter.add(block):
            yield from self._keep(cutting, stream.latest)

    def _end(self, name: str) -> Iterator[Event]:
        stream = self._streams.pop(name, None)
        if stream and stream.cutter and stream.latest:
            for cutting in stream.cutter.finish():
                yield from self._keep(cutting, stream.latest)
        elif stream and stream.told:
            self._run.warn(f"{name}: events but no audio; is `audio` the stream that they were heard in?")
            yield from stream.told

    def _keep(self, cutting: Cutting, block: Audio) -> Iterator[Event]:
        first = cutting.events[0]
        lost = min(event.start_s for event in cutting.events) * block.rate_hz < cutting.start - 1
        if lost or not len(cutting.samples):
            self._run.warn(
                f"{first.stream}: {first.label} at {first.start_s:.2f} s was told when its start was no longer, or not "
                f"yet, in memory: memory_s ({self._extent.memory_s:g} s) may be too short"
            )
        path = self._store.write(_clip(cutting, block, self._run)) if len(cutting.samples) else None
        for event in cutting.events:
            yield replace(event, clip=str(path)) if path else event


def _clip(cutting: Cutting, block: Audio, run: Run) -> Clip:
    first, rate = cutting.events[0], block.rate_hz
    start_s, end_s = cutting.start / rate, (cutting.start + len(cutting.samples)) / rate
    began_at = block.began_at and block.began_at + timedelta(seconds=start_s)
    facts = {
        "stream": first.stream,
        "start_s": round(start_s, 6),
        "end_s": round(end_s, 6),
        "start_sample": cutting.start,
        "began_at": began_at and utc(began_at),
        "complete": cutting.complete,
        "gaps": [{"at_sample": gap.start - cutting.start, "lost_samples": gap.lost} for gap in cutting.gaps],
    }
    names = {"label": first.label, "stream": first.stream, "id": first.id}
    return Clip(cutting.samples, rate, first.heard_at or began_at or run.now(), names, facts, cutting.events)
