"""From the steps of a flow to the nodes of a run and the edges between them.

A source with a `workers` option is copied that many times, and with it every step that depends on it alone, up to the
sinks: a stream goes through one of the copies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Event as Flag

from flowrun.runtime.language.flow import Flow, Step
from flowrun.runtime.language.wiring import dead_letter_port
from flowrun.runtime.running.node import Edge, Node


@dataclass(frozen=True, slots=True)
class Graph:
    """The copies of each step, linked.

    leaves_due: how many steps that nobody reads each source leads to. awaited: for each source that must wait, the
    sources of the ports that are to be complete first, each with the flags to wait for.
    """

    nodes: Mapping[str, list[Node]]
    leaves_due: Mapping[str, int]
    awaited: Mapping[str, Mapping[str, list[Flag]]]


def assemble(flow: Flow, make: Callable[[Step], Node], *, threads: bool) -> Graph:
    """Return the nodes of *flow*, which *make* makes; without *threads* nothing is copied."""
    above = sources_above(flow)
    copies = {name: _copies(flow, step, above[name]) if threads else 1 for name, step in flow.steps.items()}
    nodes = {name: [make(step) for _ in range(copies[name])] for name, step in flow.steps.items()}
    for name, step in flow.steps.items():
        for port, upstreams in step.inputs.items():
            for upstream in upstreams:
                for source, target in _pairs(nodes[upstream.step], nodes[name]):
                    source.edges[upstream.output].append(Edge(target, port))
                    target.waiting[port] += 1
        if step.dead_letters:
            port = dead_letter_port(flow.steps[step.dead_letters].spec) or ""
            for source, target in _pairs(nodes[name], nodes[step.dead_letters]):
                source.dead_letters.append(Edge(target, port))
                target.waiting[port] += 1

    leaves_due: dict[str, int] = {}
    readers = {name: {reader.step.name for reader in same[0].readers()} for name, same in nodes.items()}
    for name in flow.steps:
        upstream_steps = [up for up, reading in readers.items() if name in reading]
        for node in nodes[name]:
            node.marks_due = {source: sum(source in above[up] for up in upstream_steps) for source in above[name]}
        for source_name in above[name] if not readers[name] else ():
            leaves_due[source_name] = leaves_due.get(source_name, 0) + 1
    return Graph(nodes, leaves_due, _awaited(flow, nodes, above))


def _awaited(
    flow: Flow, nodes: Mapping[str, list[Node]], above: Mapping[str, set[str]]
) -> dict[str, dict[str, list[Flag]]]:
    awaited: dict[str, dict[str, list[Flag]]] = {}
    for name, step in flow.steps.items():
        sources = {port: set().union(*(above[up.step] for up in ups)) for port, ups in step.inputs.items()}
        for first in step.spec.first & set(sources):
            for later in (source for port in set(sources) - step.spec.first for source in sources[port]):
                for earlier in sources[first]:
                    flags = awaited.setdefault(later, {}).setdefault(earlier, [])
                    flags += [node.complete[first] for node in nodes[name]]
    return awaited


def sources_above(flow: Flow) -> dict[str, set[str]]:
    """Return the sources that each step depends on."""
    above: dict[str, set[str]] = {name: {name} if step.spec.is_source else set() for name, step in flow.steps.items()}
    for name, step in flow.steps.items():  # in order: each stands after what it reads
        for upstreams in step.inputs.values():
            for upstream in upstreams:
                above[name] |= above[upstream.step]
        if step.dead_letters:
            above[step.dead_letters] |= above[name]
    return above


def _copies(flow: Flow, step: Step, above: set[str]) -> int:
    if step.spec.is_sink or len(above) != 1:
        return 1
    (source,) = above
    return int(flow.steps[source].config.get("workers") or 1)


def _pairs(sources: list[Node], targets: list[Node]) -> list[tuple[Node, Node]]:
    """Link copy to copy, or all copies to the one target."""
    if len(sources) == len(targets):
        return list(zip(sources, targets, strict=True))
    return [(source, target) for source in sources for target in targets]
