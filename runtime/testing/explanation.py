"""Plays a file into a flow and keeps, for each window, what was decided and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from reactivex import Observable

from flowrun.operators.detection._merging import Decision, Merging, Rule
from flowrun.runtime.language.flow import Flow, Step
from flowrun.runtime.running.engine import Engine
from flowrun.runtime.testing.run import under_test
from flowrun.schemas.errors import FlowrunError
from flowrun.schemas.kernel import per_stream
from flowrun.schemas.ports import Audio, Event, Hits, Scores

DECIDES = "debounce"


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a step decided on events: for each label and window, and what became of the events.

    rule: when hits make an event. best: the likeliest class of each window and its score, by the window's start; empty
    where no scores lead here. withheld: for each event that a later step dropped, that step. between: the steps
    that hits go through after `threshold`.
    """

    step: str
    rule: Rule
    decisions: list[Decision]
    events: list[Event]
    best: Mapping[float, tuple[str, float]]
    withheld: Mapping[str, str]
    between: tuple[str, ...]


@dataclass(slots=True)
class _Watched:
    decisions: list[Decision] = field(default_factory=list)
    above: list[str] = field(default_factory=list)  # the steps of hits that lead here, the nearest first
    scores: str | None = None
    below: list[str] = field(default_factory=list)  # the steps that events go through


def explained(flow: Flow, file: Path, source: str | None) -> tuple[list[Explanation], list[Audio]]:
    """Play *file* into the step *source* (where None: the flow's only source) and return what was decided, and heard.

    Raises:
        FlowrunError: no step makes events of hits, it is not clear where to play, or the file is not good audio.
    """
    steps = flow.steps
    watched = {name: _watched(steps, name) for name, step in steps.items() if step.spec.name == DECIDES}
    if not watched:
        raise FlowrunError(f"{flow.path}: no step uses `{DECIDES}`, so nothing decides on events")
    source = source or _source(flow)
    wanted = {name for w in watched.values() for name in (*w.below, w.scores) if name} | set(watched)
    heard: dict[str, list[Any]] = {name: [] for name in [*wanted, source]}
    played = under_test(flow, {"play": {"step": source, "file": str(file)}, "expect": {}}, heard)
    traced = {name: _traced(played.steps[name], w.decisions.append) for name, w in watched.items()}
    Engine(replace(played, steps={**played.steps, **traced}), threads=False).run()
    found = [_explanation(steps[name], w, heard) for name, w in watched.items()]
    return found, [item for item in heard[source] if isinstance(item, Audio)]


def _source(flow: Flow) -> str:
    """Return the only source of audio."""
    sources = [s.name for s in flow.steps.values() if s.spec.is_source and Audio in s.spec.outputs.values()]
    if len(sources) != 1:
        known = ", ".join(sources) or "none"
        raise FlowrunError(f"{flow.path}: say with --step where to play the file; sources of audio: {known}")
    return sources[0]


def _watched(steps: Mapping[str, Step], name: str) -> _Watched:
    """Return what leads to a step from the scores on, and what its events go through."""
    found, at = _Watched(), name
    while at and steps[at].inputs:
        above = next(iter(steps[at].inputs.values()))[0].step
        if Hits in steps[above].spec.outputs.values():
            found.above.append(above)
        elif Scores in steps[above].spec.outputs.values():
            found.scores = above
            break
        at = above
    reached = {name}
    for step in steps.values():  # in order: each stands after what it reads
        only_events = list(step.spec.inputs.values()) == [(Event,)] and list(step.spec.outputs.values()) == [Event]
        if only_events and any(up.step in reached for ups in step.inputs.values() for up in ups):
            reached.add(step.name)
            found.below.append(step.name)
    return found


def _rule(step: Step) -> Rule:
    given = step.config
    defaults = {key: rule.get("default") for key, rule in step.spec.parameters["properties"].items()}
    options = {**defaults, **given}
    options["of"] = options["of"] or options["min_hits"]
    return Rule(**options)


def _traced(step: Step, note: Callable[[Decision], None]) -> Step:
    rule = _rule(step)

    def build(hits: Observable[Hits], **_: Any) -> Observable[Event]:
        return per_stream(hits, partial(Merging, rule, note), across_gaps=True)

    return replace(step, spec=replace(step.spec, build=build))


def _explanation(step: Step, watched: _Watched, heard: Mapping[str, list[Any]]) -> Explanation:
    best: dict[float, tuple[str, float]] = {}
    for item in heard.get(watched.scores or "", ()):
        for start_s, row in zip(item.at.start_s, item.values, strict=True):
            best[float(start_s)] = (item.labels[int(row.argmax())], float(row.max()))
    events = heard[step.name]
    withheld: dict[str, str] = {}
    left = {event.id for event in events}
    for name in watched.below:
        passed = {event.id for event in heard[name]}
        withheld |= dict.fromkeys(left - passed - set(withheld), name)
        left &= passed
    return Explanation(step.name, _rule(step), watched.decisions, events, best, withheld, tuple(watched.above[:-1]))
