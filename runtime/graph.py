"""A flow drawn: Mermaid or DOT. Options are not shown, so no secret is."""

from __future__ import annotations

import json
from typing import Any

from flowrun.runtime.language.flow import Flow


def edges(flow: Flow) -> list[tuple[str, str, str]]:
    """Return (from, to, what travels) of each link; dead letters are "on error"."""
    found = []
    for name, step in flow.steps.items():
        for upstreams in step.inputs.values():
            for upstream in upstreams:
                given = flow.steps[upstream.step].spec.outputs[upstream.output]
                found.append((upstream.step, name, given.__name__))
        if step.dead_letters:
            found.append((name, step.dead_letters, "on error"))
    return found


def as_mermaid(flow: Flow) -> str:
    """Return the flow as a Mermaid flowchart."""
    lines = ["flowchart LR"]
    for name, step in flow.steps.items():
        left, right = ("([", "])") if step.spec.is_source else ("[/", "/]") if step.spec.is_sink else ("[", "]")
        lines.append(f'  {name}_{left}"{name}<br><i>{step.spec.name}</i>"{right}')  # a name may be a word of Mermaid's
    for above, below, what in edges(flow):
        arrow = "-.->" if what == "on error" else "-->"
        lines.append(f"  {above}_ {arrow}|{what}| {below}_")
    return "\n".join(lines)


def as_dot(flow: Flow) -> str:
    """Return the flow in Graphviz's DOT."""
    lines = [f"digraph {json.dumps(flow.name)} {{", "  rankdir=LR; node [shape=box, style=rounded];"]
    lines += [f'  {json.dumps(name)} [label="{name}\\n{step.spec.name}"];' for name, step in flow.steps.items()]
    for above, below, what in edges(flow):
        style = ", style=dashed" if what == "on error" else ""
        lines.append(f'  {json.dumps(above)} -> {json.dumps(below)} [label="{what}"{style}];')
    return "\n".join([*lines, "}"])


def as_data(flow: Flow) -> dict[str, Any]:
    """Return the flow's steps and links."""
    steps = {name: {"use": step.spec.name, "queue": step.queue is not None} for name, step in flow.steps.items()}
    return {
        "flow": flow.name,
        "steps": steps,
        "links": [{"from": a, "to": b, "carries": what} for a, b, what in edges(flow)],
    }
