"""How hits become events, and what is decided in each window on the way."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2s
from typing import Literal, NamedTuple

from flowrun.schemas.ports import Event, Hits

SLACK_S = 1e-9  # what rounding may do to a time

Verdict = Literal["miss", "counted", "begins", "goes on", "held", "cooling down"]


class Rule(NamedTuple):
    """When hits make an event; see `debounce`."""

    min_hits: int
    of: int
    hold_s: float
    cooldown_s: float | dict[str, float]
    emit: str

    def cooldown_of(self, label: str) -> float:
        """Return for how long after its end no new event of *label* begins, s.

        >>> Rule(1, 1, 0.0, {"Glass": 30.0}, "end").cooldown_of("Glass"), Rule(1, 1, 0.0, 5.0, "end").cooldown_of("Dog")
        (30.0, 5.0)
        """
        return self.cooldown_s.get(label, 0.0) if isinstance(self.cooldown_s, dict) else self.cooldown_s


class Decision(NamedTuple):
    """What was made of one label in one window.

    active: whether it came as a hit. verdict: "miss" (nothing), "counted" (a hit, too few of them yet), "begins",
    "goes on" (a hit in an event), "held" (a pause in an event), "cooling down" (a hit too early after an event).
    hits: how many of the last windows were hits, this one included; in an event, how many it has. quiet_until_s: the
    end of the cool-down, s.
    """

    stream: str
    label: str
    start_s: float
    end_s: float
    score: float
    threshold: float
    active: bool
    verdict: Verdict
    hits: int
    quiet_until_s: float


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


class Merging:
    """The kernel of `debounce`: the hits of one stream in, its events out; *note* is told each decision."""

    def __init__(self, rule: Rule, note: Callable[[Decision], None] | None = None) -> None:
        self.rule, self.note = rule, note
        self.labels: list[_Label] = []

    def __call__(self, item: Hits) -> list[Event]:
        """Return the events that these windows end, or begin."""
        if not self.labels:
            limits = zip(item.labels, item.thresholds, strict=True)
            self.labels = [_Label(name, limit, deque(maxlen=self.rule.of)) for name, limit in limits]
        return list(self._events(item))

    def _events(self, item: Hits) -> Iterator[Event]:
        if item.gap:
            for label in self.labels:
                label.recent.clear()
                yield from self._close(item, label)
        for w, start in enumerate(item.at.start_s):
            start_s = float(start)
            for i, label in enumerate(self.labels):
                if label.event and start_s > label.event.end_s + self.rule.hold_s + SLACK_S:
                    yield from self._close(item, label)
                window = _Hit(start_s, start_s + item.at.window_s, float(item.values[w, i]))
                active = bool(item.active[w, i])
                verdict = self._step(label, start_s, window if active else None)
                if self.note:
                    self.note(_decision(item.stream, label, window, verdict, active=active))
                if verdict == "begins" and label.event and self.rule.emit == "start":
                    yield self._event(item, label, label.event)
        if item.last:
            for label in self.labels:
                yield from self._close(item, label)

    def _step(self, label: _Label, start_s: float, hit: _Hit | None) -> Verdict:
        if label.event:
            if not hit:
                return "held"
            label.event.end_s = hit.end_s
            label.event.hits += 1
            label.event.score = max(label.event.score, hit.score)
            return "goes on"
        if start_s < label.quiet_until_s - SLACK_S:
            return "cooling down" if hit else "miss"
        label.recent.append(hit)
        hits = [h for h in label.recent if h]
        if len(hits) < self.rule.min_hits:
            return "counted" if hit else "miss"
        label.event = _Open(hits[0].start_s, hits[-1].end_s, max(h.score for h in hits), len(hits))
        label.recent.clear()
        return "begins"

    def _close(self, item: Hits, label: _Label) -> Iterator[Event]:
        event, label.event = label.event, None
        if event:
            label.quiet_until_s = event.end_s + self.rule.cooldown_of(label.name)
            if self.rule.emit == "end":
                yield self._event(item, label, event)

    def _event(self, item: Hits, label: _Label, event: _Open) -> Event:
        began_at = item.at.began_at
        key = f"{item.stream}\0{label.name}\0{event.start_s:.3f}\0{began_at}"
        takes = f"it takes {self.rule.min_hits} of {self.rule.of}"
        return Event(
            id=blake2s(key.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest(),
            stream=item.stream,
            label=label.name,
            score=event.score,
            start_s=event.start_s,
            end_s=event.end_s,
            heard_at=began_at + timedelta(seconds=event.start_s) if began_at else None,
            reason=f"active in {event.hits} windows, threshold {label.limit:g}; {takes}",
        )


def _decision(stream: str, label: _Label, window: _Hit, verdict: Verdict, *, active: bool) -> Decision:
    hits = label.event.hits if label.event else sum(hit is not None for hit in label.recent)
    return Decision(stream, label.name, *window, label.limit, active, verdict, hits, label.quiet_until_s)
