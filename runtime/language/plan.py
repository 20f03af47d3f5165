"""From a checked flow to what its own steps may see of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from flowrun.runtime.language.document import Keys
from flowrun.runtime.language.flow import Flow, Step
from flowrun.runtime.language.rewrite import rewritten
from flowrun.schemas.plan import Changes, Link, Plan, PlannedStep, WrittenThreshold

THRESHOLD = "threshold"  # the operator whose thresholds are of labels
MASK = "***"


def plan(flow: Flow) -> Plan:
    """Return what the steps of *flow* may see of it."""
    return Plan(
        flow.name,
        _without_secrets(flow, flow.document.text),
        {name: _planned(step) for name, step in flow.steps.items()},
        tuple(_links(flow)),
        tuple(_thresholds(flow)),
        partial(_edited, flow),
    )


def _planned(step: Step) -> PlannedStep:
    rules = step.spec.parameters["properties"]
    written = [step.config.get(key) for key, rule in rules.items() if rule.get("x-path") and "x-exists" not in rule]
    folders = tuple(path for path in written if isinstance(path, Path))
    return PlannedStep(step.spec.name, step.spec.group, step.spec.live, folders)


def _links(flow: Flow) -> Iterator[Link]:
    for name, step in flow.steps.items():
        for port, upstreams in step.inputs.items():
            for upstream in upstreams:
                carries = flow.steps[upstream.step].spec.outputs[upstream.output].__name__
                yield Link(upstream.step, name, port, carries)
        if step.dead_letters:
            yield Link(name, step.dead_letters, "on_error", "Rejected")


def _thresholds(flow: Flow) -> Iterator[WrittenThreshold]:
    for name, step in flow.steps.items():
        labels = step.config.get("labels") if step.spec.name == THRESHOLD else None
        if isinstance(labels, dict):
            for label, limit in labels.items():
                yield WrittenThreshold(name, label, limit["on"] if isinstance(limit, dict) else limit)
        elif labels is not None:
            yield WrittenThreshold(name, None, labels)


def _edited(flow: Flow, changes: Changes) -> str:
    """Return the text of *flow* with other thresholds.

    Raises:
        ValueError: one of them has no place in the file.
    """
    values: dict[Keys, float] = {}
    for (step, label), value in changes.items():
        labels = flow.steps[step].config["labels"]
        path: Keys = ("steps", step, "labels") if label is None else ("steps", step, "labels", label)
        limit = labels.get(label) if isinstance(labels, dict) else None if label else labels
        for keys, part in _parts(path, limit, value).items():
            set_by = [origin for at, origin in flow.document.origins.items() if keys[: len(at)] == at]
            if limit is None or keys not in flow.document.marks or set_by:
                where = f": it comes from {set_by[0]}" if set_by else ""
                raise ValueError(f"{'.'.join(map(str, path))} has no place of its own in {flow.path.name}{where}")
            values[keys] = part
    return _without_secrets(flow, rewritten(flow.document.text, values))


def _parts(path: Keys, limit: Any, value: float) -> Mapping[Keys, float]:
    """Return what to write where: of hysteresis `on`, and `off` only where it were above."""
    if not isinstance(limit, dict):
        return {path: value}
    return {(*path, "on"): value} | ({(*path, "off"): value} if limit["off"] > value else {})


def _without_secrets(flow: Flow, text: str) -> str:
    """Return *text* without what the flow's steps want kept secret, should it stand in the file."""
    for step in flow.steps.values():
        for key, rule in step.spec.parameters["properties"].items():
            secret = step.config.get(key)
            if rule.get("writeOnly") and isinstance(secret, str) and secret:
                text = text.replace(secret, MASK)
    return text
