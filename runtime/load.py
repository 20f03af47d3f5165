"""A flow file to a checked flow; every problem is found before anything runs, all at once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from flowrun.runtime import discovery, explain
from flowrun.runtime.document import Document, read
from flowrun.runtime.flow import Flow
from flowrun.runtime.interpolate import Interpolation, fit, override
from flowrun.runtime.paths import check_paths
from flowrun.runtime.plays import check_tests
from flowrun.runtime.wiring import Wiring
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
    problems = override(document, settings)
    interpolation = Interpolation(document, environment)
    data = interpolation.flow()
    steps = _steps(data)
    specs = {use: spec for step in steps.values() if (spec := discovery.find(use := str(step.get("use"))))}
    for name, step in steps.items():
        if str(step.get("use")) in specs:
            steps[name] = data["steps"][name] = fit(step, step_schema(specs[step["use"]]))
    found = list(explain.problems(document, data, flow_schema(specs.values())))
    problems += [*interpolation.problems, *found]
    faulty = {str(problem.path[1]) for problem in problems if problem.path[:1] == ("steps",) and len(problem.path) > 1}
    wiring = Wiring(document, path.parent, steps, specs, faulty)
    problems += wiring.check()
    problems += check_tests(document, data.get("tests") if isinstance(data, dict) else (), steps, path.parent)
    problems += check_paths(document, steps, specs, path.parent) if paths else ()
    if problems:
        raise FlowError(problems)
    name = str(data.get("name", path.stem))
    return Flow(name, path, wiring.steps(), tuple(data.get("tests", ())), document)


def _steps(data: Any) -> dict[str, dict[str, Any]]:
    steps = data.get("steps") if isinstance(data, dict) else None
    return {name: step for name, step in steps.items() if isinstance(step, dict)} if isinstance(steps, dict) else {}
