"""What differs between the events that were recorded and those of a replay."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Row = Mapping[str, Any]  # an event as plain data
TIME_S, SCORE = 0.001, 0.001  # less than that is rounding, of another machine or another library


@dataclass(slots=True)
class Difference:
    """The events of one step: how many are the same, which are new, which gone, which changed, as (before, after)."""

    same: int = 0
    new: list[Row] = field(default_factory=list)
    gone: list[Row] = field(default_factory=list)
    changed: list[tuple[Row, Row]] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many differ."""
        return len(self.new) + len(self.gone) + len(self.changed)


def difference(before: Iterable[Row], after: Iterable[Row]) -> Difference:
    """Compare the events of a step; those that differ in each list are in the order of their time.

    An event is the same one if stream, label, times and score are, whatever else was said of it. Of the others, those
    of a stream and label that overlap are one event that changed.

    >>> glass = {"stream": "mic", "label": "Glass", "start_s": 1.0, "end_s": 2.0, "score": 0.8}
    >>> louder, later = {**glass, "score": 0.9}, {**glass, "start_s": 5.0, "end_s": 6.0}
    >>> found = difference([glass, later], [louder, later])
    >>> found.same, found.new, found.gone, found.changed == [(glass, louder)]
    (1, [], [], True)
    """
    found = Difference()
    both: dict[tuple[str, str], tuple[list[Row], list[Row]]] = defaultdict(lambda: ([], []))
    for side, events in enumerate((before, after)):
        for event in events:
            both[event["stream"], event["label"]][side].append(event)
    for old, new in both.values():
        same, old, new = paired(old, new, alike)
        changed, old, new = paired(old, new, overlapping)
        found.same += len(same)
        found.changed += changed
        found.gone += old
        found.new += new
    found.changed.sort(key=lambda pair: _when(pair[1]))
    found.gone.sort(key=_when)
    found.new.sort(key=_when)
    return found


def paired(
    old: Iterable[Row], new: Iterable[Row], fits: Callable[[Row, Row], bool]
) -> tuple[list[tuple[Row, Row]], list[Row], list[Row]]:
    """Return the pairs of *old* and *new* that fit each other, in the order of time, and what has no partner."""
    left, right = sorted(old, key=_when), sorted(new, key=_when)
    pairs, alone_left, alone_right = [], [], []
    i = j = 0
    while i < len(left) and j < len(right):
        if fits(left[i], right[j]):
            pairs.append((left[i], right[j]))
            i, j = i + 1, j + 1
        elif _when(left[i]) <= _when(right[j]):
            alone_left.append(left[i])
            i += 1
        else:
            alone_right.append(right[j])
            j += 1
    return pairs, alone_left + left[i:], alone_right + right[j:]


def alike(a: Row, b: Row) -> bool:
    """Whether two events of a stream and label are the same."""
    times = all(abs(a[key] - b[key]) < TIME_S for key in ("start_s", "end_s"))
    return times and abs(a["score"] - b["score"]) < SCORE


def overlapping(a: Row, b: Row) -> bool:
    """Whether two events have some time in common."""
    return bool(a["start_s"] <= b["end_s"] and b["start_s"] <= a["end_s"])


def _when(event: Row) -> tuple[float, float, float]:
    return event["start_s"], event["end_s"], event["score"]
