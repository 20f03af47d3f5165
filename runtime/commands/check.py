"""`flowrun check`."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from math import inf
from pathlib import Path
from typing import Any, NamedTuple

from flowrun.runtime.commands.terminal import GREEN, paint, report, say, show_problem
from flowrun.runtime.language.flow import Flow
from flowrun.runtime.language.load import load
from flowrun.runtime.language.locate import locate
from flowrun.runtime.linting import lint
from flowrun.schemas.delay import Delay
from flowrun.schemas.errors import FlowError, Problem
from flowrun.schemas.ports import Event

WORDS = {"error": "problem", "warning": "warning"}


class Checked(NamedTuple):
    """What is wrong with a flow, and how long its events take; of a flow with errors that is not known."""

    problems: list[Problem]
    delays: dict[str, Delay]

    def fails(self, *, strict: bool) -> bool:
        """Whether the flow cannot run, or, if *strict*, has any problem."""
        return any(strict or problem.severity == "error" for problem in self.problems)


def run(options: argparse.Namespace) -> int:
    """Check every flow, print every problem and how long events take, then decide."""
    results = {locate(name): checked(locate(name), options.settings) for name in options.flows}
    if options.json:
        report(as_data(results))
    else:
        for path, result in results.items():
            for line in shown(path, result, strict=options.strict):
                say(line)
        counts = Counter[str](problem.severity for result in results.values() for problem in result.problems)
        total = [_count(counts[severity], word) for severity, word in WORDS.items() if counts[severity]]
        if total:
            say(f"{', '.join(total)} in {_count(len(results), 'flow')}")
    return 2 if any(result.fails(strict=options.strict) for result in results.values()) else 0


def checked(path: Path, settings: list[str]) -> Checked:
    """Return what is to say about the flow at *path*."""
    try:
        flow = load(path, settings)
    except FlowError as error:
        return Checked(error.problems, {})
    found = Checked(lint(flow), delays(flow))
    return found._replace(delays={}) if found.fails(strict=False) else found


def delays(flow: Flow) -> dict[str, Delay]:
    """Return how long after its sound an event comes at the latest, for each step of a live flow that gives events."""
    events = (step for step in flow.steps.values() if Event in step.spec.outputs.values())
    return {step.name: step.info.delay for step in events if step.info.delay and step.info.delay.total_s < inf}


def shown(path: Path, result: Checked, *, strict: bool) -> Iterator[str]:
    """Show the problems of a flow; yield the lines that follow them."""
    lines = path.read_text("utf-8", "replace").splitlines() if path.is_file() else []
    for problem in result.problems:
        show_problem(problem, lines if problem.file == str(path) else [], sys.stdout)
    if not result.fails(strict=strict):
        yield f"{path}: {paint('ok', GREEN, sys.stdout)}"
    for name, delay in result.delays.items():
        yield f"  {name}: {told(delay)}"


def told(delay: Delay) -> str:
    """Return a delay in words.

    >>> told(Delay((("block", 0.24), ("window", 0.96)), 0.24))
    'an event at most 1.20 s after its sound begins: 0.24 block + 0.96 window'
    """
    parts = " + ".join(f"{round(seconds, 3):g} {what}" for what, seconds in delay.parts)
    return f"an event at most {delay.total_s:.2f} s after its sound {delay.since}: {parts}"


def as_data(results: dict[Path, Checked]) -> dict[str, Any]:
    """Return the problems and the delays of all flows as plain data."""
    problems = [asdict(problem) for result in results.values() for problem in result.problems]
    return {
        "problems": [{key: value for key, value in problem.items() if key != "path"} for problem in problems],
        "delays": [
            {
                "file": str(path),
                "step": name,
                "at_most_s": round(delay.total_s, 6),
                "since": f"its sound {delay.since}",
                "parts": [{"what": what, "seconds": round(seconds, 6)} for what, seconds in delay.parts],
            }
            for path, result in results.items()
            for name, delay in result.delays.items()
        ],
    }


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'s' * (number > 1)}"
