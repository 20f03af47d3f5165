"""`flowrun explain`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from flowrun.operators._printable import printable
from flowrun.operators.detection._merging import Decision
from flowrun.runtime.commands.terminal import report, say
from flowrun.runtime.language.load import load
from flowrun.runtime.language.locate import locate
from flowrun.runtime.testing.explanation import Explanation, explained
from flowrun.schemas.errors import FlowrunError
from flowrun.schemas.plain import plain

HEADS = ("from s", "heard", "label", "score", "threshold", "hits", "")


def run(options: argparse.Namespace) -> int:
    """Play a file into a flow, and tell for each window why there was an event or none."""
    flow = load(locate(options.flow), options.settings, paths=False)
    if options.step and options.step not in flow.steps:
        raise FlowrunError(f"{flow.path}: no step {options.step!r}; its steps: {', '.join(flow.steps)}")
    file = Path(options.play)
    if not file.is_file():
        raise FlowrunError(f"{file}: no such file")
    found, audio = explained(flow, file.resolve(), options.step)
    if options.picture:
        from flowrun.runtime.commands.explain_picture import save

        save(Path(options.picture), options.play, audio, found)
    if options.json:
        report([as_data(explanation) for explanation in found])
        return 0
    for explanation in found:
        for line in table(explanation):
            say(line)
    return 0


def as_data(explanation: Explanation) -> dict[str, Any]:
    """Return an explanation as plain data: the windows and labels of the table, and the events."""
    windows = []
    for decision in shown(explanation):
        heard = explanation.best.get(decision.start_s)
        windows.append(
            {
                "start_s": round(decision.start_s, 6),
                "end_s": round(decision.end_s, 6),
                "heard": heard and {"label": heard[0], "score": round(heard[1], 6)},
                "label": decision.label,
                "score": round(decision.score, 6),
                "threshold": decision.threshold,
                "hits": decision.hits,
                "verdict": decision.verdict,
                "why": why(decision, explanation),
            }
        )
    events = [
        {**row, "withheld_by": explanation.withheld.get(row["id"])} for e in explanation.events for row in plain(e)
    ]
    return {"step": explanation.step, "rule": explanation.rule._asdict(), "windows": windows, "events": events}


def shown(explanation: Explanation) -> Iterator[Decision]:
    """Yield what is worth a line: the labels of which there is something to tell, else the nearest to its threshold."""
    for _, same in groupby(explanation.decisions, lambda decision: (decision.stream, decision.start_s)):
        window = list(same)
        notable = [d for d in window if d.verdict != "miss" or d.score >= d.threshold]
        yield from notable or [max(window, key=lambda d: d.score / max(d.threshold, 1e-9))]


def why(decision: Decision, explanation: Explanation) -> str:
    """Return in words what was made of a label in a window."""
    rule = explanation.rule
    if decision.verdict == "miss":
        if decision.score < decision.threshold:
            return "below the threshold"
        return f"dropped by {', '.join(explanation.between)}" if explanation.between else "no hit"
    if decision.verdict == "counted":
        return f"{decision.hits} of {rule.min_hits} hits in {rule.of} windows: too few yet"
    if decision.verdict == "cooling down":
        return f"cool-down until {decision.quiet_until_s:.2f} s: no event"
    said = {"begins": "EVENT begins", "goes on": "event goes on", "held": "a pause; the event is held"}
    return said[decision.verdict]


def table(explanation: Explanation) -> Iterator[str]:
    """Yield the lines of the table, and one for each event."""
    rows = [HEADS]
    before = None
    for d in shown(explanation):
        label, score = explanation.best.get(d.start_s, ("-", 0.0))
        heard = f"{printable(label)} {score:.2f}" if d.start_s in explanation.best else "-"
        first = (f"{d.start_s:.2f}", heard) if (d.stream, d.start_s) != before else ("", "")
        before = (d.stream, d.start_s)
        sign = ">=" if d.score >= d.threshold else "<"
        rows.append(
            (*first, printable(d.label), f"{d.score:.2f}", f"{sign} {d.threshold:g}", f"{d.hits}", why(d, explanation))
        )
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADS))]
    rule = explanation.rule
    yield f"{explanation.step}: an event takes {rule.min_hits} of {rule.of} windows"
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    for event in explanation.events:
        dropped = explanation.withheld.get(event.id)
        end = f", withheld by {dropped}" if dropped else ""
        yield f"event: {printable(event.label)} {event.start_s:.2f} to {event.end_s:.2f} s, {event.score:.2f}{end}"
    if not explanation.events:
        yield "no event"
