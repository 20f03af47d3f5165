"""Which step reads which: names, ports, types and cycles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

from flowrun.runtime import discovery
from flowrun.runtime.language.document import Keys
from flowrun.runtime.language.flow import Upstream
from flowrun.runtime.language.written import Written
from flowrun.schemas.errors import Problem
from flowrun.schemas.ports import Rejected
from flowrun.schemas.spec import Spec
from flowrun.schemas.stream_info import nearest

Inputs = dict[str, tuple[Upstream, ...]]  # by port


class Wiring:
    """The links between the steps of a flow.

    inputs: what each step reads. order: the steps, each after what it reads. problems: every fault found.

    Args:
        steps: The steps whose operators are known.
        names: The names of all steps, in the order in which they were written.
    """

    def __init__(self, steps: Mapping[str, Written], names: Sequence[str]) -> None:
        self._steps = steps
        self._names = names
        self._targets = {step.dead_letters for step in steps.values()}
        self.inputs: dict[str, Inputs] = {name: {} for name in steps}
        self.order: list[str] = []
        self.problems = [
            problem for step in steps.values() for problem in (*self._link(step), *self._check_dead_letters(step))
        ]
        self.problems += self._sort()
        self.problems += [problem for step in steps.values() for problem in self._check_first(step)]

    def _link(self, step: Written) -> Iterator[Problem]:
        given = step.raw.get("from")
        if step.spec.is_source or (given is None and step.name in self._targets):
            return
        if given is None:
            place = self._names.index(step.name)
            if place == 0:
                said = "reads nothing: no step stands above it"
                yield step.problem((), "wiring", said, "start with a source, or add `from`")
                return
            given = self._names[place - 1]
        by_port = given if isinstance(given, dict) else {next(iter(step.spec.inputs)): given}
        for port, listed in by_port.items():
            links = []
            for reference in listed if isinstance(listed, list) else [listed]:
                if port in step.spec.inputs and isinstance(reference, str):  # else the schema has complained
                    link = self._upstream(step, port, reference)
                    if isinstance(link, Problem):
                        yield link
                    elif link:
                        links.append(link)
            self.inputs[step.name][port] = tuple(links)

    def _upstream(self, step: Written, port: str, reference: str) -> Upstream | Problem | None:
        given = step.raw.get("from")
        path: Keys = () if given is None else ("from", port) if isinstance(given, dict) else ("from",)
        name, _, output = reference.partition(".")
        if name not in self._names:
            said = f"reads from {name!r}, which is not a step"
            return step.problem(path, "unknown-step", said, self._nearest(step, name))
        if name not in self._steps:
            return None  # its operator is unknown: that has been said
        above = self._steps[name].spec
        if above.is_sink:
            said = f"reads from {name!r} ({above.name}), which gives nothing"
            return step.problem(path, "wiring", said, "add `from: STEP` with a step that does")
        output = output or next(iter(above.outputs))
        if output not in above.outputs:
            said = f"{name!r} ({above.name}) has no output {output!r}"
            return step.problem(path, "unknown-output", said, nearest(output, above.outputs))
        gives, takes = above.outputs[output], step.spec.inputs[port]
        if not issubclass(gives, takes):
            wanted = " or ".join(t.__name__ for t in takes if t.__name__ != "StreamEnd")
            said = f"({step.spec.name}) takes {wanted}, but {name!r} ({above.name}) gives {gives.__name__}"
            return step.problem(path, "port-type", said, _bridge(above, gives, takes))
        return Upstream(name, output)

    def _check_dead_letters(self, step: Written) -> Iterator[Problem]:
        to, path = step.dead_letters, ("on_error", "to")
        if to is None:
            return
        if to not in self._names:
            said = f"sends what fails to {to!r}, which is not a step"
            yield step.problem(path, "unknown-step", said, self._nearest(step, to))
        elif to in self._steps and dead_letter_port(self._steps[to].spec) is None:
            takers = sorted(spec.name for spec in discovery.specs() if dead_letter_port(spec))
            said = f"sends what fails to {to!r} ({self._steps[to].spec.name}), which takes no dead letters"
            yield step.problem(path, "port-type", said, f"use one of {', '.join(takers)}")

    def _check_first(self, step: Written) -> Iterator[Problem]:
        inputs = self.inputs[step.name]
        for port in sorted(step.spec.first & set(inputs)):
            earlier = self._sources(inputs[port])
            later = self._sources([link for other in set(inputs) - step.spec.first for link in inputs[other]])
            for name in sorted(earlier & later):
                said = f"needs all of {port!r} before the rest begins, but {name!r} is the source of both"
                yield step.problem(("from", port), "wiring", said, "read them from two sources")

    def _sources(self, links: Iterable[Upstream]) -> set[str]:
        found, waiting = set[str](), [link.step for link in links]
        seen = set(waiting)
        while waiting:
            name = waiting.pop()
            if self._steps[name].spec.is_source:
                found.add(name)
            above = {link.step for ups in self.inputs[name].values() for link in ups} - seen
            seen |= above
            waiting += above
        return found

    def _sort(self) -> Iterator[Problem]:
        reads = {name: {link.step for links in ports.values() for link in links} for name, ports in self.inputs.items()}
        for step in self._steps.values():
            if step.dead_letters in reads:
                reads[step.dead_letters].add(step.name)
        try:
            self.order = list(TopologicalSorter(reads).static_order())
        except CycleError as error:
            loop: list[str] = error.args[1]
            said = f"reads its own output: {' -> '.join(loop)}"
            yield self._steps[loop[0]].problem(("from",), "cycle", said, "break the circle")

    def _nearest(self, step: Written, name: str) -> str:
        return nearest(name, [other for other in self._names if other != step.name] or ["none"])


def dead_letter_port(spec: Spec) -> str | None:
    """Return the port of *spec* that takes dead letters, or None."""
    return next((port for port, takes in spec.inputs.items() if Rejected in takes), None)


def _bridge(above: Spec, gives: type, takes: tuple[type, ...]) -> str:
    """Name what leads from what is given to what is taken: another output, or an operator between."""
    others = [name for name, given in above.outputs.items() if issubclass(given, takes)]
    if others:
        return f"did you mean its output {others[0]!r}?"
    found = [f"`{spec.name}`" for spec in discovery.specs() if _leads(spec, gives, takes)]
    return f"did you forget {' or '.join(found)} between them?" if found else ""


def _leads(spec: Spec, gives: type, takes: tuple[type, ...]) -> bool:
    into: Any = (port for port in spec.inputs.values() if gives in port)
    return any(into) and any(given in takes for given in spec.outputs.values())
