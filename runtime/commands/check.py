"""`flowrun check`."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

from flowrun.runtime.commands.terminal import GREEN, paint, report, say, show_problem
from flowrun.runtime.language.load import load
from flowrun.runtime.language.locate import locate
from flowrun.schemas.errors import FlowError, Problem


def run(options: argparse.Namespace) -> int:
    """Check every flow, print every problem, then decide."""
    found: list[Problem] = []
    for name in options.flows:
        path = locate(name)
        problems = _problems(path, options.settings)
        found += problems
        if options.json:
            continue
        for problem in problems:
            show_problem(problem, _lines(path) if problem.file == str(path) else [], sys.stdout)
        if not problems:
            say(f"{path}: {paint('ok', GREEN, sys.stdout)}")
    if options.json:
        report([{key: value for key, value in asdict(problem).items() if key != "path"} for problem in found])
    elif found:
        say(
            f"{len(found)} problem{'s' * (len(found) > 1)} in {len(options.flows)} flow{'s' * (len(options.flows) > 1)}"
        )
    return 2 if found else 0


def _problems(path: Path, settings: list[str]) -> list[Problem]:
    try:
        load(path, settings)
    except FlowError as error:
        return error.problems
    return []


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8", "replace").splitlines() if path.is_file() else []
