"""What a run did, for people and for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flowrun.runtime.running.engine import Engine


def as_data(engine: Engine, took_s: float, late: list[str]) -> dict[str, Any]:
    """Return the summary of a run."""
    stats = engine.stats()
    heard_s = sum(s.audio_s for s in stats.values())
    return {
        "flow": engine.flow.name,
        "seconds": round(took_s, 3),
        "audio_seconds": round(heard_s, 3),
        "examples": sum(s.examples for s in stats.values()),
        "streams": sum(s.streams for s in stats.values()),
        "error": str(engine.error) if engine.error else None,
        "unfinished": late,
        "steps": {name: asdict(s) for name, s in stats.items()},
    }


def as_text(engine: Engine, took_s: float) -> str:
    """Return the summary of a run in a line, and one for each step that dropped, failed or lost audio."""
    data = as_data(engine, took_s, [])
    heard_s, streams = data["audio_seconds"], data["streams"]
    speed = f", {heard_s / took_s:.0f} times real time" if heard_s and took_s > 0 else ""
    given = f"{data['examples']:,} examples" if data["examples"] else f"{duration(heard_s)} of audio"
    heard = f"{streams} stream{'s' * (streams != 1)}, {given} in {duration(took_s)}{speed}"
    lines = [f"{data['flow']}: {heard}"]
    for name, step in data["steps"].items():
        is_source = engine.flow.steps[name].spec.is_source
        total = step["streams"] if is_source else step["items_in"] + step["dropped"]
        of = f"of {total} {'streams' if is_source else 'items'}, " if total else ""
        troubles = [f"{step[key]} {word}" for key, word in (("errors", "failed"), ("dropped", "dropped")) if step[key]]
        if troubles:
            lines.append(f"  {name}: {of}{', '.join(troubles)}")
        if step["gaps"]:
            lines.append(
                f"  {name}: {duration(step['lost_s'])} of audio lost in {step['gaps']} gap{'s' * (step['gaps'] != 1)}"
            )
    return "\n".join(lines)


def duration(seconds: float) -> str:
    """Return a length of time for people.

    >>> duration(0.25), duration(75), duration(7384)
    ('0.25 s', '1 min 15 s', '2 h 3 min')
    """
    if seconds < 60:
        return f"{seconds:.2f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
