"""From hits to events."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2s
from typing import Annotated, Literal, NamedTuple

from reactivex import Observable

from flowrun.schemas.kernel import per_stream
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Event, Hits
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import Mismatch, StreamInfo

SLACK_S = 1e-9  # what rounding may do to a time


def _info(*, hits: StreamInfo, min_hits: int, of: int | None, **_: object) -> StreamInfo:
    if of is not None and of < min_hits:
        raise Mismatch(f"of ({of}) must be at least min_hits ({min_hits})", "of")
    return StreamInfo(labels=hits.labels)


@operator(info=_info)
def debounce(
    hits: Observable[Hits],
    *,
    min_hits: Annotated[int, Field("windows", ge=1)] = 1,
    of: Annotated[int | None, Field("windows", ge=1)] = None,
    hold_s: Annotated[float, Field("s", ge=0)] = 0.0,
    cooldown_s: Annotated[float, Field("s", ge=0)] = 0.0,
    emit: Literal["end", "start"] = "end",
) -> Observable[Event]:
    """Merge the hits of each label into events with a start, an end and a peak.

    Times come from the position of the windows in the stream, never from when items happen to arrive. A gap in the
    stream ends its events.

    Args:
        min_hits: How many of the last `of` windows must be hits for an event to begin; it starts with the first
            of them.
        of: How many windows are looked at; without it `min_hits`, so they must follow one another.
        hold_s: A pause between hits up to this long, from the end of one window to the start of the next, does not end
            the event.
        cooldown_s: For so long after its end no new event of the label begins.
        emit: Give the event when it has ended, or at once when it has begun (its end and its peak as far as known).
    """
    return per_stream(hits, lambda: _Kernel(min_hits, of or min_hits, hold_s, cooldown_s, emit), across_gaps=True)


class _Hit(NamedTuple):
    start_s: float
    end_s: float
    score: float


@dataclass(slots=True)
class _Open:
    start_s: float
    end_s: float
    score: float
    hits: int


@dataclass(slots=True)
class _Label:
    name: str
    limit: float
    recent: deque[_Hit | None]  # None for a miss
    event: _Open | None = None
    quiet_until_s: float = float("-inf")


class _Kernel:
    def __init__(self, min_hits: int, of: int, hold_s: float, cooldown_s: float, emit: str) -> None:
        self.min_hits, self.of, self.hold_s, self.cooldown_s, self.emit = min_hits, of, hold_s, cooldown_s, emit
        self.labels: list[_Label] = []

    def __call__(self, item: Hits) -> list[Event]:
        if not self.labels:
            limits = zip(item.labels, item.thresholds, strict=True)
            self.labels = [_Label(name, limit, deque(maxlen=self.of)) for name, limit in limits]
        return list(self._events(item))

    def _events(self, item: Hits) -> Iterator[Event]:
        if item.gap:
            for label in self.labels:
                label.recent.clear()
                yield from self._close(item, label)
        for w, start in enumerate(item.at.start_s):
            start_s = float(start)
            for i, label in enumerate(self.labels):
                if label.event and start_s > label.event.end_s + self.hold_s + SLACK_S:
                    yield from self._close(item, label)
                hit = None
                if item.active[w, i]:
                    hit = _Hit(start_s, start_s + item.at.window_s, float(item.values[w, i]))
                yield from self._step(item, label, start_s, hit)
        if item.last:
            for label in self.labels:
                yield from self._close(item, label)

    def _step(self, item: Hits, label: _Label, start_s: float, hit: _Hit | None) -> Iterator[Event]:
        if label.event:
            if hit:
                label.event.end_s = hit.end_s
                label.event.hits += 1
                label.event.score = max(label.event.score, hit.score)
        elif start_s >= label.quiet_until_s - SLACK_S:
            label.recent.append(hit)
            hits = [h for h in label.recent if h]
            if len(hits) >= self.min_hits:
                label.event = _Open(hits[0].start_s, hits[-1].end_s, max(h.score for h in hits), len(hits))
                label.recent.clear()
                if self.emit == "start":
                    yield self._event(item, label, label.event)

    def _close(self, item: Hits, label: _Label) -> Iterator[Event]:
        event, label.event = label.event, None
        if event:
            label.quiet_until_s = event.end_s + self.cooldown_s
            if self.emit == "end":
                yield self._event(item, label, event)

    def _event(self, item: Hits, label: _Label, event: _Open) -> Event:
        began_at = item.at.began_at
        key = f"{item.stream}\0{label.name}\0{event.start_s:.3f}\0{began_at}"
        return Event(
            id=blake2s(key.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest(),
            stream=item.stream,
            label=label.name,
            score=event.score,
            start_s=event.start_s,
            end_s=event.end_s,
            heard_at=began_at + timedelta(seconds=event.start_s) if began_at else None,
            reason=f"active in {event.hits} windows, threshold {label.limit:g}; it takes {self.min_hits} of {self.of}",
        )
