"""`--web`: a step that shows a flow on a page, without a word about it in the file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from flowrun.runtime import discovery
from flowrun.runtime.language.flow import Flow, Queue, Step, Upstream
from flowrun.schemas.errors import FlowrunError
from flowrun.schemas.ports import Audio, CrossValidation, Event, Levels, Metrics, Predictions, Scores
from flowrun.schemas.stream_info import StreamInfo

WEB = "web"
AS_WRITTEN = -1  # the port of the step itself, or its default
SHOWN = (Audio, Scores, Predictions, Levels, Event, Metrics, CrossValidation)
QUEUE = Queue(512, "drop_oldest")


def with_page(flow: Flow, port: int) -> Flow:
    """Return *flow* with a step `web` that reads what the last steps give; one that is there only gets the *port*.

    Either stays when the flow has ended: who asks for a page wants to look at what became of it.

    Raises:
        FlowrunError: nothing in the flow can be shown.
    """
    given = {"stay": True} | ({} if port == AS_WRITTEN else {"port": port})
    for name, step in flow.steps.items():
        if step.spec.name == WEB:
            changed = replace(step, config={**step.config, **given})
            return replace(flow, steps={**flow.steps, name: changed})
    spec = discovery.find(WEB)
    assert spec is not None  # it is one of ours
    reads = tuple(dict.fromkeys(_shown(flow)))
    if not reads:
        raise FlowrunError(f"{flow.name} gives nothing that a page could show: neither sound, scores nor events")
    name = next(name for name in (WEB, "web_page", "web_page_of_flowrun") if name not in flow.steps)
    config = {key: rule.get("default") for key, rule in spec.parameters["properties"].items()} | given
    (inlet,) = spec.inputs
    step = Step(name, spec, config, {inlet: reads}, spec.on_error, None, QUEUE, StreamInfo())
    return replace(flow, steps={**flow.steps, name: step})


def _shown(flow: Flow) -> Iterator[Upstream]:
    """Yield of each kind the outputs that no other step makes into more of the same: what is left after all filters.

    What a sink passes on is the same event, told again with its clip: it comes later, so both are read.
    """
    for kind in SHOWN:
        outputs = [
            Upstream(name, output)
            for name, step in flow.steps.items()
            for output, gives in step.spec.outputs.items()
            if gives is kind
        ]
        makers = {output.step for output in outputs if flow.steps[output.step].spec.group != "sinks"}
        read = {link for name in makers for links in flow.steps[name].inputs.values() for link in links}
        yield from (output for output in outputs if output not in read)
