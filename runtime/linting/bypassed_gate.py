"""Sound of a live source that is kept or sent without having gone through the flow's `privacy_gate`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flowrun.runtime.language.flow import Flow, Step
from flowrun.schemas.errors import Problem
from flowrun.schemas.ports import Audio, Examples, Patches

GATE = "privacy_gate"
SOUND = (Audio, Patches, Examples)  # what speech can be heard in, or rebuilt from; scores and events tell no word

Path = tuple[str, ...]


def problems(flow: Flow) -> Iterator[Problem]:
    """Yield a problem for each port of a step that keeps or sends what bypasses the gate.

    Sound is through a gate when it comes out of it. That scores of the same sound went into the gate counts for
    nothing: what is kept must be read from the gate.
    """
    gates = {name: step for name, step in flow.steps.items() if step.spec.name == GATE}
    if not gates:
        return
    open_paths: dict[str, Path] = {}
    for name, step in flow.steps.items():  # in order: each stands after what it reads
        if step.spec.is_source and step.spec.live:
            open_paths[name] = (name,)
        if name in gates:
            continue
        for port, upstreams in step.inputs.items():
            for above, output in upstreams:
                if above in open_paths and issubclass(flow.steps[above].spec.outputs[output], SOUND):
                    path = (*open_paths[above], name)
                    open_paths.setdefault(name, path)
                    if step.spec.keeps:
                        said = f"keeps or sends sound that bypasses the privacy_gate: {' -> '.join(path)}"
                        yield flow.warning(name, ("from", port), "privacy-gate", said, _remedy(flow, gates, path))


def _remedy(flow: Flow, gates: Mapping[str, Step], path: Path) -> str:
    for name, gate in gates.items():
        for above, _ in gate.inputs.get("audio", ()):
            if above in path[:-1]:
                return f"let {path[path.index(above) + 1]!r} read {name!r} instead of {above!r}"
    for name, gate in gates.items():
        if path[0] in _ancestors(flow, gate):
            return f"let {path[-1]!r} read {name!r}"
    return f"no privacy_gate hears {path[0]!r}: add one for it"


def _ancestors(flow: Flow, gate: Step) -> set[str]:
    found: set[str] = set()
    waiting = [above for above, _ in gate.inputs.get("audio", ())]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [above for ups in flow.steps[name].inputs.values() for above, _ in ups]
    return found
