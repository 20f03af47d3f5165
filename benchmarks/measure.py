"""Timing side by side: rounds are interleaved, so what else the machine does falls on all candidates alike.

Import this before NumPy: it keeps numerical libraries on one core.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")


# A small process starts what is measured: Linux counts the memory of the starter into the peak of a child.
STARTER = """
import resource, subprocess, sys, time
began = time.perf_counter()
run = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
print(time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(run.returncode)
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One result; `target` is what the project wants of it, in words."""

    benchmark: str
    what: str
    value: float
    unit: str
    target: str = ""


def interleaved(candidates: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Return the median time of each candidate, s; each runs once per round, after one round that does not count."""
    took: dict[str, list[float]] = {name: [] for name in candidates}
    for count in range(rounds + 1):
        for name, candidate in candidates.items():
            began = time.perf_counter()
            candidate()
            if count:
                took[name].append(time.perf_counter() - began)
    return {name: statistics.median(times) for name, times in took.items()}


def process(command: Sequence[str]) -> tuple[float, float]:
    """Run a program to its end; return its wall time, s, and its peak memory, MB.

    Raises:
        RuntimeError: it failed.
    """
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    run = subprocess.run([sys.executable, "-c", STARTER, *command], env=environment, capture_output=True, text=True)
    if run.returncode:
        raise RuntimeError(f"{' '.join(command)}: exit status {run.returncode}\n{run.stderr}")
    seconds, kilobytes = map(float, run.stdout.split())
    return seconds, kilobytes / 1000


def processes(commands: Mapping[str, Sequence[str]], rounds: int) -> dict[str, tuple[float, float]]:
    """Return the median wall time, s, and the median peak memory, MB, of each program, run in turns."""
    took: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for count in range(rounds + 1):
        for name, command in commands.items():
            result = process(command)
            if count:
                took[name].append(result)
    return {
        name: (statistics.median(s for s, _ in results), statistics.median(mb for _, mb in results))
        for name, results in took.items()
    }


def flowrun(*arguments: str) -> list[str]:
    """Return the command line of flowrun in this environment."""
    return [os.path.join(os.path.dirname(sys.executable), "flowrun"), *arguments]


def options(**numbers: float) -> argparse.Namespace:
    """Return the command line: `--json`, and an option for each of *numbers*, with its default."""
    parser = argparse.ArgumentParser(formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print JSON")
    for name, default in numbers.items():
        parser.add_argument(f"--{name}", type=type(default), default=default, help="how many")
    return parser.parse_args()


def report(rows: Sequence[Row], given: argparse.Namespace | None = None) -> None:
    """Print the rows as a table, or as JSON where the command line has `--json`."""
    if (given or options()).json:
        print(json.dumps([asdict(row) for row in rows], indent=1))
    else:
        print(table(rows))


def table(rows: Sequence[Row]) -> str:
    """Return the rows as text, in columns."""
    cells = [("BENCHMARK", "WHAT", "RESULT", "TARGET")]
    cells += [(row.benchmark, row.what, f"{row.value:.3g} {row.unit}", row.target) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in cells)
    return "\n".join(line.rstrip() for line in lines)
