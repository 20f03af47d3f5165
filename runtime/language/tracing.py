"""What the streams are known to carry, followed from the sources on: rates, windows, labels, embeddings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace

from flowrun.runtime.language.flow import Upstream
from flowrun.runtime.language.written import Written
from flowrun.schemas.errors import Problem
from flowrun.schemas.stream_info import Mismatch, StreamInfo


def trace(
    steps: Mapping[str, Written], inputs: Mapping[str, Mapping[str, tuple[Upstream, ...]]], order: Sequence[str]
) -> tuple[dict[str, StreamInfo], list[Problem]]:
    """Return what each step's output is known to carry, and the misfits.

    Args:
        steps: The steps to look at; one that reads a step left out is left out too.
        inputs: What each step reads, by port.
        order: The steps, each after what it reads.
    """
    infos: dict[str, StreamInfo] = {}
    problems: list[Problem] = []
    for name in order:
        links = [(port, link.step) for port, upstreams in inputs[name].items() for link in upstreams]
        if name not in steps or any(upstream not in infos for _, upstream in links):
            continue
        step, config = steps[name], steps[name].config()
        known = {port: StreamInfo() for port in step.spec.inputs} | {port: infos[above] for port, above in links}
        try:  # a merged port is looked at with each of its upstreams in turn
            found = [step.spec.info(**known | {port: infos[above]}, **config) for port, above in links]
            found = found or [step.spec.info(**known, **config)]
        except Mismatch as fault:
            path = fault.path if fault.path[:1] != ("from",) or "from" in step.raw else ()
            problems.append(step.problem(path, "mismatch", str(fault), fault.remedy, at_key=fault.at_key))
        else:
            problems += _clashes(step, [(port, infos[above]) for port, above in links])
            agreed = _agreed(found)
            infos[name] = replace(agreed, step=name, source=name if step.spec.is_source else agreed.source)
    return infos, problems


def _clashes(step: Written, links: Sequence[tuple[str, StreamInfo]]) -> Iterator[Problem]:
    """Yield a problem where two sources whose streams share a name are merged: nobody could tell them apart."""
    seen: dict[tuple[str, str], str] = {}
    for port, info in links:
        if info.stream is None:
            continue
        first = seen.setdefault((port, info.stream), info.source)
        if first != info.source:
            said = f"merges {first!r} and {info.source!r}, which both give a stream called {info.stream!r}"
            yield step.problem(("from",), "same-stream", said, f"name one of them: `stream: {info.source}`")


def _agreed(infos: Sequence[StreamInfo]) -> StreamInfo:
    """Return what all of *infos* agree on, and the longest delay."""
    first = infos[0]
    values = {field.name: getattr(first, field.name) for field in fields(first)}
    agreed = StreamInfo(**{key: v for key, v in values.items() if all(getattr(i, key) == v for i in infos)})
    delays = [info.delay for info in infos if info.delay]
    latest = max(delays, key=lambda delay: delay.total_s) if len(delays) == len(infos) else None
    return replace(agreed, delay=latest)
