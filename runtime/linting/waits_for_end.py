"""Steps that give nothing before their stream ends, where it is live and may never do so."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from flowrun.runtime.language.flow import Flow, Step
from flowrun.schemas.errors import Problem


def problems(flow: Flow) -> Iterator[Problem]:
    """Yield a problem for each step that is the first to wait so."""
    for step in flow.steps.values():
        above = [flow.steps[name] for upstreams in step.inputs.values() for name, _ in upstreams]
        if _waits(step) and not any(map(_waits, above)):
            said = "gives nothing before its stream ends, which a live one may never do"
            every = "every_s" in step.spec.parameters["properties"]
            remedy = "set every_s" if every else f"leave it out: {step.spec.name} is for recordings"
            yield flow.warning(step.name, (), "waits-for-end", said, remedy)


def _waits(step: Step) -> bool:
    return step.info.delay is not None and step.info.delay.total_s == inf
