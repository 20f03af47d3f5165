"""From hits to events."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import blake2s
from typing import Annotated, Literal

from reactivex import Observable

from flowrun.schemas.kernel import per_stream
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Event, Hits
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import Mismatch, StreamInfo


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

    Times come from the position of the windows in the stream, never from when items happen to arrive.

    Args:
        min_hits: How many of the last `of` windows must be hits for an event to begin; it starts with the first
            of them.
        of: How many windows are looked at; without it `min_hits`, so they must follow one another.
        hold_s: A pause between hits up to this long, from the end of one window to the start of the next, does not end
            the event.
        cooldown_s: For so long after its end no new event of the label begins.
        emit: Give the event when it has ended, or at once when it has begun (its end and its peak as far as known).
    """
    return hits.pipe(per_stream(lambda: _Kernel(min_hits, of or min_hits, hold_s, cooldown_s, emit), across_gaps=True))


@dataclass(slots=True)
class _Open:
    start_s: float
    end_s: float
    score: float
    hits: int


@dataclass(slots=True)
class _Label:
    recent: deque[tuple[float, float, float] | None]  # (start, end, score) of a hit, None for a miss
    event: _Open | None = None
    quiet_until_s: float = field(default=float("-inf"))


class _Kernel:
    def __init__(self, min_hits: int, of: int, hold_s: float, cooldown_s: float, emit: str) -> None:
        self.min_hits, self.of, self.hold_s, self.cooldown_s, self.emit = min_hits, of, hold_s, cooldown_s, emit
        self.labels: dict[str, _Label] = {}

    def __call__(self, item: Hits) -> list[Event]:
        events: list[Event] = []
        if item.gap:
            for label in self.labels:
                events += self._close(item, label)
                self.labels[label].recent.clear()
        for w, start_s in enumerate(item.at.start_s):
            for i, label in enumerate(item.labels):
                state = self.labels.setdefault(label, _Label(deque(maxlen=self.of)))
                hit = (
                    (float(start_s), float(start_s) + item.at.window_s, float(item.values[w, i]))
                    if item.active[w, i]
                    else None
                )
                events += self._step(item, label, state, float(start_s), hit, item.thresholds[i])
        if item.last:
            for label in self.labels:
                events += self._close(item, label)
        return sorted(events, key=lambda event: (event.start_s, event.label)) if self.emit == "end" else events

    def _step(
        self,
        item: Hits,
        label: str,
        state: _Label,
        start_s: float,
        hit: tuple[float, float, float] | None,
        limit: float,
    ) -> list[Event]:
        events: list[Event] = []
        if state.event and start_s > state.event.end_s + self.hold_s + 1e-9:
            events += self._close(item, label)
        if state.event:
            if hit:
                state.event.end_s, state.event.hits = hit[1], state.event.hits + 1
                state.event.score = max(state.event.score, hit[2])
            return events
        if start_s < state.quiet_until_s - 1e-9:
            return events
        state.recent.append(hit)
        found = [h for h in state.recent if h]
        if hit and len(found) >= self.min_hits:
            state.event = _Open(found[0][0], hit[1], max(h[2] for h in found), len(found))
            state.recent.clear()
            if self.emit == "start":
                events.append(self._event(item, label, state.event, limit))
        return events

    def _close(self, item: Hits, label: str) -> list[Event]:
        state = self.labels[label]
        if state.event is None:
            return []
        event, state.event = state.event, None
        state.quiet_until_s = event.end_s + self.cooldown_s
        limit = item.thresholds[item.labels.index(label)]
        return [self._event(item, label, event, limit)] if self.emit == "end" else []

    def _event(self, item: Hits, label: str, event: _Open, limit: float) -> Event:
        began_at = item.at.began_at
        heard_at = began_at + timedelta(seconds=event.start_s) if began_at else None
        key = f"{item.stream}\0{label}\0{event.start_s:.3f}\0{began_at}"
        return Event(
            id=blake2s(key.encode(), digest_size=8).hexdigest(),
            stream=item.stream,
            label=label,
            score=event.score,
            start_s=event.start_s,
            end_s=event.end_s,
            heard_at=heard_at,
            reason=f"{event.hits} x score >= {limit:g}, where {self.min_hits} of {self.of} windows are needed",
        )
