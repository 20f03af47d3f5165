"""Listening in on the steps of a flow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from reactivex import operators as ops

from flowrun.runtime.language.flow import Flow, Step
from flowrun.schemas.ports import Audio, Event

Take = Callable[[str, object], None]  # told the name of what gives, and what it gives


def tapped(flow: Flow, *, tell: Take, hear: Take | None = None) -> Flow:
    """Return *flow* with what its steps give as events going to *tell* too, and what its sources give to *hear*."""
    steps = dict(flow.steps)
    if hear:
        for name, outputs in sources_of(flow).items():
            steps[name] = _tapped(steps[name], outputs, hear)
    for name, outputs in tellers_of(flow).items():
        steps[name] = _tapped(steps[name], outputs, tell)
    return replace(flow, steps=steps)


def sources_of(flow: Flow) -> dict[str, dict[str, str]]:
    """Return the sources of audio; for each the outputs that give it, and what a recording calls them."""
    return {s.name: named for s in flow.steps.values() if s.spec.is_source and (named := _outputs(s, Audio))}


def tellers_of(flow: Flow) -> dict[str, dict[str, str]]:
    """Return the steps that give events; for each the outputs that do, and what a recording calls them."""
    return {s.name: named for s in flow.steps.values() if (named := _outputs(s, Event))}


def _outputs(step: Step, kind: type) -> dict[str, str]:
    outputs = step.spec.outputs
    names = {output: step.name if i == 0 else f"{step.name}.{output}" for i, output in enumerate(outputs)}
    return {output: name for output, name in names.items() if outputs[output] is kind}


def _tapped(step: Step, outputs: dict[str, str], take: Take) -> Step:
    def build(**given: Any) -> Any:
        made = step.spec.build(**given)
        several = made if isinstance(made, tuple) else (made,)
        listened = tuple(
            out.pipe(ops.do_action(partial(take, outputs[name]))) if name in outputs else out
            for name, out in zip(step.spec.outputs, several, strict=True)
        )
        return listened if isinstance(made, tuple) else listened[0]

    return replace(step, spec=replace(step.spec, build=build))
