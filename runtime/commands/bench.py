"""`flowrun bench`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flowrun.runtime.commands.terminal import YELLOW, paint, report, say
from flowrun.runtime.language.flow import Flow, Step
from flowrun.runtime.language.load import load
from flowrun.runtime.language.locate import locate
from flowrun.runtime.testing.bench import Bench, measure
from flowrun.schemas.errors import FlowrunError

HEADS = ("step", "use", "ms per block", "ms per s", "share", "real time")
ENGINE = "(flowrun)"


def run(options: argparse.Namespace) -> int:
    """Measure a flow; exit with 1 if it, or a step of it, cannot keep up with sound as it comes."""
    flow = load(locate(options.flow), options.settings, paths=False)
    file = Path(options.play) if options.play else None
    if file and not file.is_file():
        raise FlowrunError(f"{file}: no such file")
    if not 0 < options.seconds <= 3600:
        raise FlowrunError(f"--seconds must be > 0 and <= 3600, got {options.seconds:g}")
    bench = measure(flow, file, options.step, options.seconds)
    slow = list(too_slow(flow, bench))
    if options.json:
        report({**as_data(flow, bench), "too_slow": slow})
    else:
        for line in table(flow, bench):
            say(line)
        for line in slow:
            say(f"{paint('too slow', YELLOW, sys.stdout)}: {line}")
    return 1 if slow else 0


def as_data(flow: Flow, bench: Bench) -> dict[str, Any]:
    """Return what was measured as plain data."""
    rows = {name: {"use": flow.steps[name].spec.name, **_row(bench, cost)} for name, cost in bench.steps.items()}
    return {
        "flow": flow.name,
        "seconds": bench.seconds,
        "block_s": bench.block_s,
        "steps": rows,
        "flowrun": _row(bench, bench.engine),
        "total": _row(bench, bench.total),
        "memory_bytes": bench.memory_bytes,
    }


def _row(bench: Bench, cost: float) -> dict[str, float]:
    return {
        "ms_per_block": round(1000 * cost * bench.block_s, 6),
        "ms_per_s": round(1000 * cost, 6),
        "share": round(cost / bench.total, 6),
        "real_time_factor": round(cost, 9),
    }


def table(flow: Flow, bench: Bench) -> Iterator[str]:
    """Yield the lines of the table, and one on the memory."""
    rows = [(name, flow.steps[name].spec.name, cost) for name, cost in bench.steps.items()]
    rows += [(ENGINE, "", bench.engine), ("all", "", bench.total)]
    cells = [HEADS]
    for name, use, cost in rows:
        milliseconds = 1000 * cost
        per_block, share = milliseconds * bench.block_s, 100 * cost / bench.total
        cells.append((name, use, f"{per_block:.3f}", f"{milliseconds:.2f}", f"{share:.1f} %", f"{cost:.4f}"))
    widths = [max(len(row[i]) for row in cells) for i in range(len(HEADS))]
    yield f"{flow.name}: {bench.seconds:g} s of sound in blocks of {bench.block_s:g} s, on one thread"
    for row in cells:
        left = (cell.ljust(width) for cell, width in zip(row[:2], widths[:2], strict=True))
        right = (cell.rjust(width) for cell, width in zip(row[2:], widths[2:], strict=True))
        yield "  ".join((*left, *right)).rstrip()
    if bench.memory_bytes:
        yield f"memory: {bench.memory_bytes / 1e6:.0f} MB at most"


def too_slow(flow: Flow, bench: Bench) -> Iterator[str]:
    """Yield a line for each step that a second of sound takes longer than a second, or one for all of them together."""
    slow = {name: cost for name, cost in bench.steps.items() if cost > 1}
    for name, cost in slow.items():
        step = flow.steps[name]
        takes = f"step {name!r} ({step.spec.name}) takes {cost:.2g} s for a second of sound on this machine"
        yield f"{takes}: {remedy(step, cost)}"
    if not slow and bench.total > 1:
        name = max(bench.steps, key=lambda name: bench.steps[name])
        takes = f"the steps together take {bench.total:.2g} s for a second of sound on this machine"
        own = f"a `queue` before {name!r} gives it a core of its own"
        yield f"{takes}: {own if (os.cpu_count() or 1) > 1 else 'leave steps out'}"


def remedy(step: Step, cost: float) -> str:
    """Return what makes a step cheaper that takes *cost* times as long as its sound."""
    ways = []
    hop_s = step.config.get("hop_s") or step.info.hop_s
    if "hop_s" in step.spec.parameters["properties"] and hop_s:
        ways.append(f"hop_s over {hop_s * cost:.2g} (now {hop_s:g})")
    if "model" in step.spec.parameters["properties"]:
        ways.append("a smaller model")
    if "threads" in step.spec.parameters["properties"] and (os.cpu_count() or 1) > 1:
        ways.append("more `threads`")
    return f"choose {' or '.join(ways)}" if ways else "leave it out, or run it on a faster machine"
