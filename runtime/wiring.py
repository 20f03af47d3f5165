"""Which step reads which: names, ports, types, cycles, and what the streams are known to carry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from flowrun.runtime import discovery
from flowrun.runtime.document import Document, Keys
from flowrun.runtime.flow import Queue, Step, Upstream
from flowrun.runtime.paths import located
from flowrun.schemas.errors import Problem
from flowrun.schemas.ports import Rejected
from flowrun.schemas.spec import Spec
from flowrun.schemas.stream_info import Mismatch, StreamInfo, nearest

Inputs = dict[str, tuple[Upstream, ...]]


class Wiring:
    """The steps of one flow, linked.

    Args:
        document: Where problems are pinned.
        folder: Where the flow lies.
        raw: The steps as written, with references replaced.
        specs: The operator of each `use` that exists.
        faulty: Steps with a problem already: what they carry is not looked at.
    """

    def __init__(
        self, document: Document, folder: Path, raw: Mapping[str, Any], specs: Mapping[str, Spec], faulty: set[str]
    ) -> None:
        self.document = document
        self.folder = folder
        self.raw = {name: step for name, step in raw.items() if isinstance(step, dict)}
        self.specs = {name: specs[step["use"]] for name, step in self.raw.items() if _known(step.get("use"), specs)}
        self.faulty = faulty
        self.inputs: dict[str, Inputs] = {}
        self.order: list[str] = []
        self.infos: dict[str, StreamInfo] = {}
        self.targets = {to for step in self.raw.values() if (to := _dead_letters(step))}

    def check(self) -> list[Problem]:
        """Link the steps and return every problem found."""
        problems: list[Problem] = []
        for name in self.specs:
            self.inputs[name] = {}
            problems += self._link(name)
            problems += self._dead_letter_step(name)
        problems += self._sort()
        if not problems:
            problems += self._trace()
        return problems

    def steps(self) -> dict[str, Step]:
        """Return the steps, each after what it reads."""
        return {name: self._step(name) for name in self.order}

    def _link(self, name: str) -> Iterator[Problem]:
        spec, step = self.specs[name], self.raw[name]
        given = step.get("from")
        if spec.is_source:
            return
        if given is None:
            if name in self.targets:
                return
            above = list(self.raw)[: list(self.raw).index(name)]
            if not above:
                yield self._problem(
                    name, (), "wiring", "reads nothing: no step stands above it", "start with a source, or add `from`"
                )
                return
            given = above[-1]
        if not isinstance(given, dict):
            given = {next(iter(spec.inputs)): given}
        for port, upstream in given.items():
            if port not in spec.inputs:
                continue  # the schema has complained
            links = []
            listed = upstream if isinstance(upstream, list) else [upstream]
            for reference in listed:
                link = self._upstream(name, port, reference)
                if isinstance(link, Upstream):
                    links.append(link)
                elif link:
                    yield link
            self.inputs[name][port] = tuple(links)

    def _upstream(self, name: str, port: str, reference: Any) -> Upstream | Problem | None:
        path = (
            ()
            if "from" not in self.raw[name]
            else ("from",)
            if not isinstance(self.raw[name]["from"], dict)
            else ("from", port)
        )
        if not isinstance(reference, str):
            return None  # the schema has complained
        step, _, output = reference.partition(".")
        if step not in self.raw:
            return self._problem(
                name,
                path,
                "unknown-step",
                f"reads from {step!r}, which is not a step",
                nearest(step, set(self.raw) - {name} or ["none"]),
            )
        if step not in self.specs:
            return None  # its operator is unknown: that has been said
        above, spec = self.specs[step], self.specs[name]
        if above.is_sink:
            return self._problem(
                name,
                path,
                "wiring",
                f"reads from {step!r} ({above.name}), which gives nothing",
                "add `from: STEP` with a step that does",
            )
        output = output or next(iter(above.outputs))
        if output not in above.outputs:
            return self._problem(
                name,
                path,
                "unknown-output",
                f"{step!r} ({above.name}) has no output {output!r}",
                nearest(output, above.outputs),
            )
        gives, takes = above.outputs[output], spec.inputs[port]
        if not issubclass(gives, takes):
            wanted = " or ".join(t.__name__ for t in takes if t.__name__ != "StreamEnd")
            said = f"({spec.name}) takes {wanted}, but {step!r} ({above.name}) gives {gives.__name__}"
            return self._problem(name, path, "port-type", said, _bridge(above, gives, takes))
        return Upstream(step, output)

    def _dead_letter_step(self, name: str) -> Iterator[Problem]:
        to = _dead_letters(self.raw[name])
        path = ("on_error", "to")
        if to is None:
            return
        if to not in self.raw:
            yield self._problem(
                name,
                path,
                "unknown-step",
                f"sends what fails to {to!r}, which is not a step",
                nearest(to, set(self.raw) - {name} or ["none"]),
            )
        elif to in self.specs and dead_letter_port(self.specs[to]) is None:
            takers = sorted(spec.name for spec in discovery.specs() if dead_letter_port(spec))
            yield self._problem(
                name,
                path,
                "port-type",
                f"sends what fails to {to!r} ({self.specs[to].name}), which takes no dead letters",
                f"use one of {', '.join(takers)}",
            )

    def _sort(self) -> Iterator[Problem]:
        reads = {name: [u.step for links in self.inputs[name].values() for u in links] for name in self.specs}
        for name in self.specs:
            to = _dead_letters(self.raw[name])
            if to in reads:
                reads[to].append(name)
        state: dict[str, str] = {}
        for name in reads:
            trail: list[str] = []
            loop = self._visit(name, reads, state, trail)
            if loop:
                yield self._problem(
                    loop[0],
                    ("from",),
                    "cycle",
                    f"reads its own output: {' -> '.join(reversed(loop))}",
                    "break the circle",
                )

    def _visit(self, name: str, reads: Mapping[str, list[str]], state: dict[str, str], trail: list[str]) -> list[str]:
        if state.get(name) == "done":
            return []
        if name in trail:
            state[name] = "done"
            return [*trail[trail.index(name) :], name]
        trail.append(name)
        for above in reads[name]:
            loop = self._visit(above, reads, state, trail)
            if loop:
                return loop
        trail.pop()
        if state.get(name) != "done":
            state[name] = "done"
            self.order.append(name)
        return []

    def _trace(self) -> Iterator[Problem]:
        for name in self.order:
            links = self.inputs[name]
            if name in self.faulty or any(u.step not in self.infos for up in links.values() for u in up):
                continue
            config = self._config(name)
            cases = [{}] if not links else [{port: self.infos[u.step]} for port, up in links.items() for u in up]
            others = {port: self.infos[up[0].step] for port, up in links.items() if up}
            found = []
            try:
                for case in cases:
                    ports = {port: StreamInfo() for port in self.specs[name].inputs}
                    found.append(self.specs[name].info(**(ports | others | case), **config))
            except Mismatch as fault:
                path = fault.path if fault.path[:1] != ("from",) or "from" in self.raw[name] else ()
                yield self._problem(name, path, "mismatch", str(fault), fault.remedy, at_key=fault.at_key)
                continue
            self.infos[name] = replace(_common(found), step=name)

    def _config(self, name: str) -> dict[str, Any]:
        config = {}
        for key, rule in self.specs[name].parameters["properties"].items():
            value = self.raw[name].get(key, rule.get("default"))
            if rule.get("x-path") and isinstance(value, str):
                value = located(value, self.folder) if "x-exists" in rule else Path(value).expanduser()
            config[key] = value
        return config

    def _step(self, name: str) -> Step:
        spec, raw = self.specs[name], self.raw[name]
        to = _dead_letters(raw)
        live = any(above.live for above in self.specs.values())
        queue = raw.get("queue", {} if spec.is_sink else None)
        return Step(
            name,
            spec,
            self._config(name),
            self.inputs[name],
            "send" if to else raw.get("on_error", spec.on_error),
            to,
            None
            if queue is None
            else Queue(queue.get("size", 64), queue.get("when_full", "drop_oldest" if live else "block")),
            self.infos[name],
        )

    def _problem(
        self, name: str, path: Keys, rule: str, message: str, remedy: str = "", *, at_key: bool = False
    ) -> Problem:
        where = ("steps", name, *path)
        return self.document.problem(where, rule, f"step {name!r}: {message}", remedy, at_key=at_key or not path)


def dead_letter_port(spec: Spec) -> str | None:
    """Return the port of *spec* that takes dead letters, or None."""
    return next((port for port, takes in spec.inputs.items() if Rejected in takes), None)


def _known(use: Any, specs: Mapping[str, Spec]) -> bool:
    return isinstance(use, str) and use in specs


def _dead_letters(step: Mapping[str, Any]) -> str | None:
    policy = step.get("on_error")
    to = policy.get("to") if isinstance(policy, dict) else None
    return to if isinstance(to, str) else None


def _bridge(above: Spec, gives: type, takes: tuple[type, ...]) -> str:
    """Name the operators that lead from what is given to what is taken."""
    found = [
        s.name
        for s in discovery.specs()
        if any(gives in t for t in s.inputs.values()) and set(s.outputs.values()) & set(takes)
    ]
    others = [name for name, given in above.outputs.items() if issubclass(given, takes)]
    if others:
        return f"did you mean its output {others[0]!r}?"
    return f"did you forget {' or '.join(f'`{name}`' for name in found)} between them?" if found else ""


def _common(infos: list[StreamInfo]) -> StreamInfo:
    """Return what all of *infos* agree on."""
    first = infos[0]
    agreed = {
        f.name: getattr(first, f.name)
        for f in fields(first)
        if all(getattr(i, f.name) == getattr(first, f.name) for i in infos)
    }
    return StreamInfo(**agreed)
