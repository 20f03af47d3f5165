"""A flow file to a checked flow; every problem is found before anything runs, all at once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from flowrun.runtime import discovery
from flowrun.runtime.language import explain
from flowrun.runtime.language.check_tests import check_tests
from flowrun.runtime.language.document import Document
from flowrun.runtime.language.flow import Flow, Step
from flowrun.runtime.language.interpolate import Interpolation, fit
from flowrun.runtime.language.paths import check_paths
from flowrun.runtime.language.secrets import hide_secrets
from flowrun.runtime.language.settings import override
from flowrun.runtime.language.tracing import trace
from flowrun.runtime.language.wiring import Wiring
from flowrun.runtime.language.written import Written
from flowrun.runtime.language.yaml_reader import read
from flowrun.schemas.errors import FlowError
from flowrun.schemas.flow import flow_schema, step_schema


def load(
    path: Path, settings: Iterable[str] = (), environment: Mapping[str, str] = os.environ, *, paths: bool = True
) -> Flow:
    """Return the flow at *path* with the `--set` *settings* applied; *paths* must be usable, unless it will not run.

    Raises:
        FlowError: with every problem found.
    """
    return check(read(path), path, settings, environment, paths=paths)


def check(
    document: Document,
    path: Path,
    settings: Iterable[str] = (),
    environment: Mapping[str, str] = os.environ,
    *,
    paths: bool = True,
) -> Flow:
    """Return the flow in *document*, which lies at *path*.

    Raises:
        FlowError: with every problem found.
    """
    folder = path.parent
    problems = override(document, settings)
    interpolation = Interpolation(document, environment)
    data = interpolation.flow()
    raw = _steps(data)
    written: dict[str, Written] = {}
    for name, step in raw.items():
        spec = discovery.find(str(step.get("use")))
        if spec:
            rules = step_schema(spec)
            data["steps"][name] = fit(step, rules)
            hide_secrets(data["steps"][name], rules, ("steps", name), interpolation.outside)
            written[name] = Written(name, data["steps"][name], spec, document, folder)

    schema = flow_schema({step.spec.name: step.spec for step in written.values()}.values())
    problems += [*interpolation.problems, *explain.problems(document, data, schema)]
    faulty = {problem.path[1] for problem in problems if problem.path[:1] == ("steps",) and len(problem.path) > 1}
    wiring = Wiring(written, list(raw))
    problems += wiring.problems
    sound = {name: step for name, step in written.items() if name not in faulty}
    infos, misfits = trace(sound, wiring.inputs, wiring.order)
    problems += misfits
    problems += check_tests(document, data.get("tests") if isinstance(data, dict) else (), raw, folder)
    problems += check_paths(written.values()) if paths else ()
    if problems:
        raise FlowError(problems)

    live = any(step.spec.live for step in written.values())
    steps = {
        name: Step(
            name,
            written[name].spec,
            written[name].config(),
            wiring.inputs[name],
            "send" if written[name].dead_letters else written[name].raw.get("on_error", written[name].spec.on_error),
            written[name].dead_letters,
            written[name].queue(live=live),
            infos[name],
        )
        for name in wiring.order
    }
    return Flow(str(data.get("name", path.stem)), path, steps, tuple(data.get("tests", ())), document)


def _steps(data: Any) -> dict[str, dict[str, Any]]:
    steps = data.get("steps") if isinstance(data, dict) else None
    return {name: step for name, step in steps.items() if isinstance(step, dict)} if isinstance(steps, dict) else {}
