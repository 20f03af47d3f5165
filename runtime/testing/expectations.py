"""What a test expects of a step against what the step gave."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

from flowrun.models.atomic_file import atomic_file
from flowrun.schemas.plain import plain
from flowrun.schemas.ports import Event, Hits, Predictions, Scores

SMALL = 1e-6


def differences(expected: Any, items: Sequence[Any], folder: Path, *, update: bool = False) -> Iterator[str]:
    """Yield, in words, where *items* are not as *expected*; golden files lie in *folder*, and *update* writes them."""
    got = [entry for item in items for entry in plain(item)]
    if isinstance(expected, list):
        yield from _items(expected, got, SMALL)
        return
    if "count" in expected and not fits(len(got), expected["count"]):
        yield f"expected {shown(expected['count'])} items, got {len(got)}"
    heard = peaks(items)
    labels = {label for label, (_, present) in heard.items() if present}
    if "labels" in expected and set(expected["labels"]) != labels:
        yield f"expected the labels {shown(sorted(expected['labels']))}, got {shown(sorted(labels))}"
    for label in expected.get("includes", ()):
        if label not in labels:
            yield f"expected {label!r} among the labels, got {shown(sorted(labels))}"
    for label in expected.get("excludes", ()):
        if label in labels:
            yield f"expected no {label!r} among the labels, got {shown(sorted(labels))}"
    for label, score in expected.get("scores", {}).items():
        peak = heard.get(label, (None, False))[0]
        if peak is None or not fits(peak, score):
            reached = "none" if peak is None else f"{peak:.4f}"
            yield f"expected a peak score of {label!r} of {shown(score)}, got {reached}"
    if "golden" in expected:
        yield from _golden(folder / expected["golden"], got, expected.get("within", 1e-3), update)


def peaks(items: Sequence[Any]) -> dict[str, tuple[float, bool]]:
    """Return each label's peak score, and whether it counts as heard: for scores, the best of some window."""
    found: dict[str, tuple[float, bool]] = {}

    def note(label: str, score: float, present: bool) -> None:
        before = found.get(label, (float("-inf"), False))
        found[label] = (max(before[0], score), before[1] or present)

    for item in items:
        if isinstance(item, Event):
            note(item.label, item.score, True)
        elif isinstance(item, Predictions):
            for row in item.rows:
                for label, score in row:
                    note(label, score, True)
        elif isinstance(item, (Scores, Hits)) and len(item.values):
            best = {int(i) for i in item.values.argmax(axis=1)} if isinstance(item, Scores) else set[int]()
            for i, label in enumerate(item.labels):
                present = bool(item.active[:, i].any()) if isinstance(item, Hits) else i in best
                note(label, float(item.values[:, i].max()), present)
    return found


def fits(got: Any, expected: Any, within: float = SMALL) -> bool:
    """Whether a value is as expected: equal, in a range, or, for maps, as far as the map says.

    >>> fits(3, {"min": 2}), fits(1.02, {"about": 1, "within": 0.05}), fits({"a": 1, "b": 2}, {"a": 1})
    (True, True, True)
    """
    if isinstance(expected, dict):
        if expected and set(expected) <= {"min", "max", "about", "within"}:
            return isinstance(got, (int, float)) and _in_range(float(got), expected)
        return isinstance(got, dict) and all(
            key in got and fits(got[key], value, within) for key, value in expected.items()
        )
    if isinstance(expected, list):
        return (
            isinstance(got, list)
            and len(got) == len(expected)
            and all(map(lambda g, e: fits(g, e, within), got, expected))
        )
    if isinstance(expected, (int, float)) and not isinstance(expected, bool):
        return isinstance(got, (int, float)) and abs(got - expected) <= within
    return bool(got == expected)


def _in_range(got: float, expected: dict[str, float]) -> bool:
    if "about" in expected:
        return abs(got - expected["about"]) <= expected.get("within", SMALL) + 1e-12
    return expected.get("min", float("-inf")) <= got <= expected.get("max", float("inf"))


def _items(expected: list[Any], got: list[dict[str, Any]], within: float) -> Iterator[str]:
    if len(got) == len(expected) and all(fits(g, e, within) for g, e in zip(got, expected, strict=True)):
        return
    rows = [("expected", "got")]
    for e, g in zip_longest(expected, got):
        mark = "  " if e is not None and g is not None and fits(g, e, within) else "! "
        only = {key: g[key] for key in e if key in g} if isinstance(e, dict) and isinstance(g, dict) else g
        rows.append((mark + ("-" if e is None else shown(e)), "-" if g is None else shown(only)))
    width = min(70, max(len(left) for left, _ in rows))
    table = "\n".join(f"    {left:<{width}}  | {right[:100]}" for left, right in rows[:40])
    yield (
        f"expected {len(expected)} items, got {len(got)}\n{table}"
        if len(expected) != len(got)
        else f"items differ\n{table}"
    )


def _golden(path: Path, got: list[dict[str, Any]], within: float, update: bool) -> Iterator[str]:
    if update:
        with atomic_file(path) as out:
            out.write(json.dumps(got, indent=1, ensure_ascii=False) + "\n")
        return
    if not path.is_file():
        yield f"no golden file {path}: `flowrun test --update` writes it"
        return
    yield from _items(json.loads(path.read_text("utf-8")), got, within)


def shown(value: Any) -> str:
    """Return a value as flow YAML would have it, in a line."""
    return json.dumps(value, ensure_ascii=False)
