"""Runs the tests that a flow carries, in virtual time, with nothing leaving the machine.

Only what leads to the steps a test expects something of is built. What a test plays takes the place of a source, or of
what a step reads; live sources that are not played are silent; sinks receive, but write nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import reactivex
from reactivex import Observable

from flowrun.runtime.language.check_tests import listed
from flowrun.runtime.language.flow import Flow, Step, Upstream
from flowrun.runtime.language.load import load
from flowrun.runtime.running.engine import Engine
from flowrun.runtime.testing import plays
from flowrun.runtime.testing.expectations import differences
from flowrun.schemas.errors import FlowrunError
from flowrun.schemas.kernel import produce
from flowrun.schemas.ports import Audio
from flowrun.schemas.spec import MAIN, Spec
from flowrun.schemas.stream_info import StreamInfo


@dataclass(frozen=True, slots=True)
class Result:
    """How a test ended; `failures` is empty if it passed."""

    name: str
    failures: tuple[str, ...]


def run_tests(path: Path, settings: Iterable[str] = (), *, only: str = "", update: bool = False) -> list[Result]:
    """Run the tests of the flow at *path* whose name contains *only*; *update* writes golden results.

    Raises:
        FlowError: the flow has problems.
    """
    flow = load(path, settings, paths=False)
    return [run_test(path, test, settings, update=update) for test in flow.tests if only in test["name"]]


def run_test(path: Path, test: Mapping[str, Any], settings: Iterable[str], *, update: bool) -> Result:
    """Run one test.

    Raises:
        FlowError: what the test sets makes the flow wrong.
    """
    own = [f"{key}={value}" for key, value in test.get("set", {}).items()]
    flow = load(path, [*settings, *own], paths=not test.get("play"))
    heard: dict[str, list[Any]] = {name: [] for name in test["expect"]}
    try:
        Engine(under_test(flow, test, heard), threads=False).run()
    except FlowrunError as error:
        return Result(test["name"], (str(error),))
    failures = [
        f"step {name!r}: {difference}"
        for name, expected in test["expect"].items()
        for difference in differences(expected, heard[name], path.parent, update=update)
    ]
    return Result(test["name"], tuple(failures))


def under_test(flow: Flow, test: Mapping[str, Any], heard: dict[str, list[Any]]) -> Flow:
    """Return the part of *flow* that leads to what *test* expects; what these steps give is added to *heard*."""
    steps = dict(flow.steps)
    for play in listed(test):
        steps = _played(steps, play, flow.path.parent)
    for name, items in heard.items():
        step = steps[name]
        if step.spec.is_sink:
            steps[name] = replace(step, spec=_collector(step.spec.inputs, items), config={}, queue=None)
        else:
            link = {"items": (Upstream(name, next(iter(step.spec.outputs))),)}
            steps[f"{name} (heard)"] = _step(f"{name} (heard)", _collector({"items": (object,)}, items), link)
    needed = _ancestors(steps, {name if steps[name].spec.is_sink else f"{name} (heard)" for name in heard})
    kept = {name: _quiet(step, needed) for name, step in steps.items() if name in needed}
    return replace(flow, steps=kept)


def _played(steps: Mapping[str, Step], play: Mapping[str, Any], folder: Path) -> dict[str, Step]:
    """Return *steps* with what *play* plays in the place of a source, or of what another step reads."""
    name = str(play["step"])
    audio = partial(produce, partial(plays.blocks, play, folder))
    spec = _spec("play", {}, {MAIN: Audio}, audio)
    step = steps[name]
    if step.spec.is_source:
        return {**steps, name: replace(step, spec=replace(spec, outputs=step.spec.outputs), config={})}
    port = next((port for port, takes in step.spec.inputs.items() if Audio in takes), None)
    if port is None:
        raise FlowrunError(f"nothing can be played into {name!r} ({step.spec.name}): it takes no Audio")
    player = _step(f"{name} (played)", spec, {})
    rewired = replace(step, inputs={**step.inputs, port: (Upstream(player.name, MAIN),)})
    return {player.name: player, **steps, name: rewired}


def _quiet(step: Step, needed: set[str]) -> Step:
    """Return *step* without dead letters that nobody waits for; a live source is silent."""
    if step.dead_letters not in needed:
        step = replace(step, dead_letters=None)
    if step.spec.live and step.spec.is_source:
        step = replace(step, spec=replace(step.spec, build=reactivex.empty, run_parameter=None), config={})
    return step


def _ancestors(steps: Mapping[str, Step], wanted: set[str]) -> set[str]:
    needed: set[str] = set()
    waiting = list(wanted)
    while waiting:
        name = waiting.pop()
        if name in needed:
            continue
        needed.add(name)
        waiting += [upstream.step for upstreams in steps[name].inputs.values() for upstream in upstreams]
        waiting += [other for other, step in steps.items() if step.dead_letters == name]
    return needed


def _collector(inputs: Mapping[str, tuple[type, ...]], items: list[Any]) -> Spec:
    def collect(**ports: Observable[Any]) -> None:
        for source in ports.values():
            source.subscribe(items.append, lambda error: None)  # the engine has the error already

    return _spec(
        "collect",
        {port: tuple(t for t in takes if t.__name__ != "StreamEnd") for port, takes in inputs.items()},
        {},
        collect,
    )


def _spec(name: str, inputs: Mapping[str, tuple[type, ...]], outputs: Mapping[str, type], build: Any) -> Spec:
    schema = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
    return Spec(name, __name__, name, "", inputs, outputs, schema, build, lambda **_: StreamInfo(), None, False, "stop")


def _step(name: str, spec: Spec, inputs: Mapping[str, tuple[Upstream, ...]]) -> Step:
    return Step(name, spec, {}, inputs, "stop", None, None, StreamInfo())
