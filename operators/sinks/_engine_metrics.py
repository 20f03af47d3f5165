"""The metrics of a run, taken from its health at the moment of the scrape."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from flowrun.operators._printable import printable
from flowrun.schemas.health import STATES, Health, StepHealth

if TYPE_CHECKING:
    from prometheus_client.core import Metric

Steps = dict[str, StepHealth]
# Names of counters, without `_total`; the field of `Stats`; and what they count.
OF_STEPS = (
    ("flowrun_step_items_in", "items_in", "Items that came to the step."),
    ("flowrun_step_items_out", "items_out", "Items that the step gave."),
    ("flowrun_step_dropped_items", "dropped", "Items dropped because the queue of the step was full."),
    ("flowrun_step_errors", "errors", "Items that the step failed on."),
)
OF_SOURCES = (
    ("flowrun_source_audio_seconds", "audio_s", "Audio that the source gave."),
    ("flowrun_source_gaps", "gaps", "Times that audio of the source was lost."),
    ("flowrun_source_lost_samples", "lost_samples", "Samples of the source that were lost."),
    ("flowrun_source_lost_seconds", "lost_s", "Audio of the source that was lost."),
)


IN_OUTBOXES = (
    ("flowrun_outbox_backlog_events", "waiting", "Events that the receiver of the step has not taken yet."),
    ("flowrun_outbox_backlog_bytes", "waiting_bytes", "Bytes of these."),
    ("flowrun_outbox_dead_events", "dead", "Events that the receiver of the step has refused."),
)
OF_OUTBOXES = (
    ("flowrun_outbox_sent_events", "sent", "Events that the receiver of the step has taken."),
    ("flowrun_outbox_dropped_events", "dropped", "Events that were too old or too many to be kept for the receiver."),
)


class EngineMetrics:
    """A collector for `prometheus_client` that asks *health* when it is asked itself."""

    def __init__(self, health: Callable[[], Health]) -> None:
        self._health = health

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics."""
        from importlib.metadata import version

        from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily

        health = self._health()
        yield InfoMetricFamily("flowrun_build", "The flowrun that runs.", {"version": version("flowrun")})
        yield InfoMetricFamily("flowrun_flow", "The flow that it runs.", {"flow": printable(health.flow)})
        yield GaugeMetricFamily("flowrun_ready", "Whether every live source listens.", float(health.ready))
        steps = dict(health.steps)
        yield from _counters(OF_STEPS, steps)
        yield from _counters(
            OF_SOURCES, {name: step for name, step in steps.items() if step.live or step.stats.audio_s}
        )
        yield from _gauges(steps)
        yield from _outboxes(steps)
        yield from _states(steps)


def _counters(rows: tuple[tuple[str, str, str], ...], steps: Steps) -> Iterator[Metric]:
    from prometheus_client.core import CounterMetricFamily

    for name, key, what in rows:
        family = CounterMetricFamily(name, what, labels=["step"])
        for step, health in steps.items():
            family.add_metric([step], getattr(health.stats, key))
        yield family


def _gauges(steps: Steps) -> Iterator[Metric]:
    from prometheus_client.core import GaugeMetricFamily

    busy = GaugeMetricFamily("flowrun_step_busy_seconds", "How long the step has been at one item.", labels=["step"])
    waiting = GaugeMetricFamily("flowrun_step_queue_items", "Items in the queue of the step.", labels=["step"])
    size = GaugeMetricFamily("flowrun_step_queue_size", "Items that the queue of the step holds.", labels=["step"])
    for name, step in steps.items():
        busy.add_metric([name], step.busy_s)
        if step.queue_size is not None:
            waiting.add_metric([name], step.waiting)
            size.add_metric([name], step.queue_size)
    yield from (busy, waiting, size)


def _outboxes(steps: Steps) -> Iterator[Metric]:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    sending = {name: step.delivery for name, step in steps.items() if step.delivery}
    for name, key, what in IN_OUTBOXES:
        gauge = GaugeMetricFamily(name, what, labels=["step"])
        for step, delivery in sending.items():
            gauge.add_metric([step], getattr(delivery, key))
        yield gauge
    for name, key, what in OF_OUTBOXES:
        counter = CounterMetricFamily(name, what, labels=["step"])
        for step, delivery in sending.items():
            counter.add_metric([step], getattr(delivery, key))
        yield counter


def _states(steps: Steps) -> Iterator[Metric]:
    from prometheus_client.core import GaugeMetricFamily, StateSetMetricFamily

    states = StateSetMetricFamily("flowrun_step_state", "How it goes with what the step depends on.", labels=["step"])
    since = GaugeMetricFamily("flowrun_step_state_timestamp_seconds", "Since when it goes so.", labels=["step"])
    for name, step in steps.items():
        if step.state:
            states.add_metric([name], {state: state == step.state.name for state in STATES})
            since.add_metric([name], step.state.since.timestamp())
    yield from (states, since)
