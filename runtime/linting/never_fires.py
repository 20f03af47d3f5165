"""Labels that can never raise an event, or never a second one, or that raise one for every window.

Nothing is derived from the options: the flow's own steps from the scores on are played a sound that scores as well as
it can, silence, the sound and silence again, long enough for all that they wait for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from flowrun.models.ontology import members
from flowrun.runtime.language.document import Keys
from flowrun.runtime.language.flow import Flow, Step
from flowrun.runtime.linting._rehearsal import DECIDING, Rehearsal, Sound, rehearsal
from flowrun.schemas.errors import Problem
from flowrun.schemas.late import np
from flowrun.schemas.ports import Event, Hits

NEVER = "never-fires"
MOST_KINDS = 10  # tried of a label that the model has only kinds of
OF, ARE = "{of}", "{are}"


class _Fault(NamedTuple):
    """What is wrong with a label, and where; in *said*, `OF` stands for the labels it is wrong with."""

    step: str
    path: Keys
    rule: str
    said: str
    remedy: str


def problems(flow: Flow) -> Iterator[Problem]:
    """Yield a problem for each fault of each step that makes events of hits; it is an error where no label is left."""
    for step in flow.steps.values():
        takes = {kind for kinds in step.spec.inputs.values() for kind in kinds}
        if step.spec.group == DECIDING and Hits in takes and Event in step.spec.outputs.values():
            found = rehearsal(flow, step)
            yield from _faults_of(flow, step, found) if found else ()


def _faults_of(flow: Flow, step: Step, found: Rehearsal) -> Iterator[Problem]:
    limits = _limits(step, found)
    faults: dict[_Fault, list[str]] = {}
    together = _events(found.play(_everything(found), step.name, last=not flow.live))
    for label, limit in limits.items():
        sound, starts = _best(step, found, label, limit, together, last=not flow.live)
        fault = _fault(flow, step, found, label, sound, starts)
        if fault:
            faults.setdefault(fault, []).append(label)
    silenced = sum(len(labels) for fault, labels in faults.items() if fault.rule == NEVER)
    for fault, labels in faults.items():
        said = fault.said.replace(OF, named(labels)).replace(ARE, "is" if len(labels) == 1 else "are")
        problem = flow.warning(fault.step, fault.path, fault.rule, said, fault.remedy)
        hopeless = fault.rule == NEVER and silenced == len(limits)
        yield replace(problem, severity="error") if hopeless else problem


def _limits(step: Step, found: Rehearsal) -> dict[str, float]:
    """Return the labels whose hits come to *step*, and their thresholds."""
    above = [name for upstreams in step.inputs.values() for name, _ in upstreams]
    played = [item for name in above for item in found.play(_everything(found), name)]
    items = [item for item in played if isinstance(item, Hits)]
    return {label: limit for item in items for label, limit in zip(item.labels, item.thresholds, strict=True)}


def _fault(
    flow: Flow, step: Step, found: Rehearsal, label: str, sound: Sound, starts: Sequence[float]
) -> _Fault | None:
    again_s = found.second_s
    if not starts:
        return _why_none(flow, found, label, sound)
    if flow.live and max(starts) < again_s - found.window_s:
        return _endless(found, label, sound, "never-ends", "there is one event and never another")
    if sum(start < again_s / 2 for start in starts) > 1:
        pause_s = found.hop_s - found.window_s
        said = f"one sound of {OF} makes many events: an event ends in the pause between two windows"
        return _Fault(step.name, ("hold_s",), "many-events", said, f"set hold_s to {pause_s:.3g} or more")
    return None


def _best(
    step: Step, found: Rehearsal, label: str, limit: float, together: Sequence[Event], *, last: bool
) -> tuple[Sound, list[float]]:
    """Return a sound that raises events of *label*, and where they start: with all others, or else on its own.

    On its own it is loud, or just loud enough, or fades to another level that the flow names: what is active by
    hysteresis at that level may be so alone.
    """
    kinds = [label] if label in found.labels else members(label, found.labels)[:MOST_KINDS]
    shapes = [(limit, limit), (1.0, 1.0), *((limit, level) for level in found.levels if level < limit)]
    alone: list[Sound] = [{kind: shape} for shape in shapes for kind in kinds]
    for sound in (None, *alone):
        events = together if sound is None else _events(found.play(sound, step.name, last=last))
        starts = _starts(found, label, events)
        if starts:
            return sound or _everything(found), starts
    return alone[0], []


def _starts(found: Rehearsal, label: str, events: Iterable[Event]) -> list[float]:
    """Return where the events of a label start that begin in the sound, of the first stream that has any."""
    starts: dict[str, list[float]] = {}
    for event in events:
        if event.label == label and not found.silent_at(np.array(event.start_s)):
            starts.setdefault(event.stream, []).append(event.start_s)
    return next(iter(starts.values()), [])


def _everything(found: Rehearsal) -> Sound:
    return dict.fromkeys(found.labels, (1.0, 1.0))


def _events(items: Iterable[Any]) -> list[Event]:
    return [item for item in items if isinstance(item, Event)]


def _why_none(flow: Flow, found: Rehearsal, label: str, sound: Sound) -> _Fault:
    """Return where the hits of a label get lost."""
    for name in found.steps:
        above = {up for ups in flow.steps[name].inputs.values() for up, _ in ups} & set(found.steps)
        before = set().union(*(found.active(sound, up, silent=False) for up in above))
        gives_hits = Hits in flow.steps[name].spec.outputs.values()
        if gives_hits and label in before and label not in found.active(sound, name, silent=False):
            others = named(sorted(before - {label})) or "another label"
            said = f"no hit of {OF} ever passes: {others} would be heard whenever {OF} {ARE}"
            return _Fault(name, ("labels", label), NEVER, said, "take out what always comes with it")
    return _endless(found, label, sound, NEVER, "so no event is ever told")


def _endless(found: Rehearsal, label: str, sound: Sound, rule: str, so: str) -> _Fault:
    for name in found.steps:
        if label in found.active(sound, name, silent=True):
            said = f"{OF} {ARE} active in silence too, so an event never ends: {so}"
            return _Fault(name, ("labels", label), rule, said, "choose a threshold, or an `off`, over 0")
    return _Fault(found.steps[-1], (), rule, f"{OF} can never raise an event, whatever is heard", "")


def named(labels: Iterable[str]) -> str:
    """Return labels in words.

    >>> named(["Dog"]), named(["A", "B", "C", "D", "E"])
    ("'Dog'", "'A', 'B', 'C' and 2 more")
    """
    known = list(labels)
    more = f" and {len(known) - 3} more" if len(known) > 3 else ""
    return ", ".join(map(repr, known[:3])) + more
