"""The metrics of what a flow hears: events, scores, levels."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flowrun.operators._printable import printable
from flowrun.operators.audio.level import decibels
from flowrun.schemas.ports import Audio, Event, Levels, Scores, StreamEnd
from flowrun.schemas.run import Run

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Gauge

SERIES = 100  # of each kind
OTHER = "other"
FLOOR_DB = -120.0
DELAYS_S = (0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0)


class FlowMetrics:
    """What came to one step, in the *registry*."""

    def __init__(self, registry: CollectorRegistry, run: Run) -> None:
        from prometheus_client import Counter, Gauge, Histogram

        of_label, of_stream = ["stream", "label"], ["stream", "weighting"]
        self._events = Counter("flowrun_events", "Events heard.", of_label, registry=registry)
        # A counter that begins with 1 has not risen for Prometheus: of a label's first event only this tells.
        self._arrival = Gauge(
            "flowrun_event_arrival_timestamp_seconds", "When the last event came here.", of_label, registry=registry
        )
        self._delay = Histogram(
            "flowrun_event_delay_seconds",
            "From the end of the last window that an event is told of to its arrival here; of live sources.",
            buckets=DELAYS_S,
            registry=registry,
        )
        self._scores = _Latest(Gauge("flowrun_score_ratio", "Score in the last window.", of_label, registry=registry))
        self._levels = _Latest(Gauge("flowrun_level_dbfs", "Level of the last window.", of_stream, registry=registry))
        self._counted: set[tuple[str, str]] = set()
        self._now = run.now
        self._live = any(step.live for step in run.health().steps.values())

    def take(self, item: Scores | Event | Levels | Audio | StreamEnd) -> None:
        """Take the next item."""
        stream = printable(item.stream)
        if isinstance(item, Event):
            self._event(stream, item)
        elif isinstance(item, StreamEnd):
            self._scores.forget(stream)
            self._levels.forget(stream)
        elif isinstance(item, Audio):
            if len(item.samples):
                self._levels.put(stream, "none", decibels(item.samples, FLOOR_DB))
        elif not len(item.at):
            return  # it only ends a stream
        elif isinstance(item, Levels):
            self._levels.put(stream, "A" if item.unit == "dBFS(A)" else "none", float(item.values[-1]))
        else:
            self._score(stream, item)

    def _event(self, stream: str, event: Event) -> None:
        series = (stream, printable(event.label))
        if series not in self._counted and len(self._counted) >= SERIES:
            series = (OTHER, OTHER)
        self._counted.add(series)
        self._events.labels(*series).inc()
        self._arrival.labels(*series).set(self._now().timestamp())
        if self._live and event.heard_at:
            told_until = event.heard_at + timedelta(seconds=event.end_s - event.start_s)
            self._delay.observe(max(0.0, (self._now() - told_until).total_seconds()))

    def _score(self, stream: str, scores: Scores) -> None:
        shown = set(self._scores.of(stream))
        best = set(scores.values.argmax(axis=1).tolist())
        for i, label in enumerate(map(printable, scores.labels)):
            if label in shown or i in best:
                self._scores.put(stream, label, float(scores.values[-1, i]))


class _Latest:
    """A gauge with two labels, the first of them the stream; it keeps the first `SERIES` of the streams that go on."""

    def __init__(self, gauge: Gauge) -> None:
        self._gauge = gauge
        self._seconds: dict[str, list[str]] = {}  # the second labels of each stream

    def of(self, stream: str) -> list[str]:
        """Return the second labels that *stream* has."""
        return self._seconds.get(stream, [])

    def put(self, stream: str, second: str, value: float) -> None:
        """Set a value, if it has room."""
        if second not in self.of(stream):
            if sum(map(len, self._seconds.values())) >= SERIES:
                return
            self._seconds.setdefault(stream, []).append(second)
        self._gauge.labels(stream, second).set(value)

    def forget(self, stream: str) -> None:
        """Remove what a stream has: it has ended."""
        for second in self._seconds.pop(stream, []):
            self._gauge.remove(stream, second)
