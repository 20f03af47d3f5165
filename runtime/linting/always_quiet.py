"""Steps that drop every event of a label, whatever the time of day, as `quiet_hours` that are never over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta

from reactivex.subject import Subject

from flowrun.runtime.language.flow import Flow, Step
from flowrun.runtime.linting._configuration import representative, texts
from flowrun.runtime.linting._rehearsal import BEGAN_AT, DECIDING, played
from flowrun.runtime.linting.never_fires import named
from flowrun.schemas.errors import Problem
from flowrun.schemas.ports import Event

DAY = 24 * 60  # minutes


def problems(flow: Flow) -> Iterator[Problem]:
    """Yield a problem for each such step of a live flow; of recordings the time of day is not known."""
    for step in flow.steps.values() if flow.live else ():
        only_events = list(step.spec.inputs.values()) == [(Event,)] and list(step.spec.outputs.values()) == [Event]
        if step.spec.group != DECIDING or not only_events:
            continue
        labels = representative(step.info.labels or ("",), texts(step.config))
        dropped = [label for label in labels if not _passes(flow, step, label)]
        if dropped:
            whole = len(dropped) == len(labels)
            said = f"drops every event{'' if whole else f' of {named(dropped)}'}, whatever the time of day"
            problem = flow.warning(step.name, (), "never-fires", said, "leave it out, or some time of the day")
            yield replace(problem, severity="error") if whole else problem


def _passes(flow: Flow, step: Step, label: str) -> bool:
    """Whether an event passes at any minute of the day; the full hours are asked first, most often one will do."""
    return any(_given(flow, step, label, minutes) for minutes in (range(0, DAY, 60), range(DAY)))


def _given(flow: Flow, step: Step, label: str, minutes: Iterable[int]) -> bool:
    events = Subject[Event]()
    passed: list[object] = []
    above = {name: events for upstreams in step.inputs.values() for name, _ in upstreams}
    subscription = played(flow, step.name, above).subscribe(passed.append)
    for minute in minutes:
        at = BEGAN_AT + timedelta(minutes=minute)
        events.on_next(Event(str(minute), "", label, 1.0, 0.0, 1.0, at))
    subscription.dispose()
    return any(isinstance(item, Event) for item in passed)
