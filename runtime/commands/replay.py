"""`flowrun replay`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from flowrun.operators._printable import printable
from flowrun.runtime.commands.terminal import BOLD, GREEN, RED, fail, paint, report, say
from flowrun.runtime.language.load import load
from flowrun.runtime.language.locate import locate
from flowrun.runtime.recording.comparison import Comparison, compared, recorded_flow
from flowrun.runtime.recording.difference import Difference
from flowrun.runtime.recording.recording import Recording
from flowrun.runtime.running.summary import duration
from flowrun.schemas.errors import FlowError, FlowrunError, explain


def run(options: argparse.Namespace) -> int:
    """Play a recording into a flow; return as `diff` does: 0 for the same events, 1 for others, 2 for trouble."""
    try:
        return _replay(options)
    except (FlowError, BrokenPipeError):
        raise  # a flow's problems are shown with their places, and end with 2 as well
    except (FlowrunError, OSError) as error:
        fail(explain(error))
        return 2


def _replay(options: argparse.Namespace) -> int:
    recording = Recording(Path(options.recording))
    if options.flow:
        flow = load(locate(options.flow), options.settings, paths=False)
    else:
        flow = recorded_flow(recording, options.settings)
    found = compared(recording, flow)
    if options.json:
        report(as_data(found, options.recording, str(flow.path)))
    else:
        for note in found.notes:
            say(f"note: {note}", sys.stderr)
        for line in lines(found):
            say(line)
    return 1 if any(step.count for step in found.steps.values()) else 0


def as_data(found: Comparison, recording: str, flow: str) -> dict[str, Any]:
    """Return a comparison as plain data."""
    steps = {}
    for name, step in found.steps.items():
        changed = [{"recorded": before, "replayed": after} for before, after in step.changed]
        steps[name] = {"same": step.same, "new": step.new, "gone": step.gone, "changed": changed}
    told = {"recording": recording, "flow": flow, "audio_seconds": round(found.audio_s, 3), "notes": found.notes}
    return {**told, "different": sum(step.count for step in found.steps.values()), "steps": steps}


def lines(found: Comparison) -> Iterator[str]:
    """Yield the differences, step by step, and a summary."""
    for name, step in found.steps.items():
        if step.count:
            gone, changed = len(step.gone), len(step.changed)
            before, after = step.same + gone + changed, step.same + changed + len(step.new)
            yield f"{name}: {before} recorded, {after} replayed"
            yield from (text for _, text in sorted(_rows(step)))
    heard = f"{duration(found.audio_s)} of audio in {found.streams} stream{'s' * (found.streams != 1)}"
    same = sum(step.same for step in found.steps.values())
    counts = [
        (sum(len(getattr(step, kind)) for step in found.steps.values()), kind) for kind in ("new", "gone", "changed")
    ]
    told = ", ".join(f"{count} {kind}" for count, kind in counts if count) or "no difference"
    yield f"{told}; {same} event{'s' * (same != 1)} the same, {heard}"


def _rows(step: Difference) -> Iterator[tuple[tuple[str, float], str]]:
    """Yield a line for each event that differs, with its place in the order."""
    for mark, colour, events in (("+ new", GREEN, step.new), ("- gone", RED, step.gone)):
        for event in events:
            yield _place(event), f"  {paint(f'{mark:<9}', colour, sys.stdout)}  {_named(event)}: {_values(event)}"
    for before, after in step.changed:
        mark = paint("~ changed", BOLD, sys.stdout)
        yield _place(after), f"  {mark}  {_named(after)}: {_values(after)}, was {_values(before)}"


def _place(event: Mapping[str, Any]) -> tuple[str, float]:
    return event["stream"], event["start_s"]


def _named(event: Mapping[str, Any]) -> str:
    return printable(f"{event['stream']} {event['label']}")


def _values(event: Mapping[str, Any]) -> str:
    return f"{event['start_s']:.2f}-{event['end_s']:.2f} s, {event['score']:.3f}"
