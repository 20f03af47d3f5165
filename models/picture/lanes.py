"""What was heard, in lanes: a class has a lane of its own, and another where its events overlap."""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heappush, heappushpop
from typing import NamedTuple

KEPT = 2000  # more than a picture has room for; a stream may last for years


class Mark(NamedTuple):
    """Something heard, from *start_s* to *end_s*; the weakest sort first."""

    score: float
    start_s: float
    end_s: float
    label: str


@dataclass(slots=True)
class Lane:
    """Marks of one label, in the order of time, none over another."""

    label: str
    marks: list[Mark] = field(default_factory=list)

    @property
    def score(self) -> float:
        """The best score."""
        return max(mark.score for mark in self.marks)


class Marks:
    """Counts all marks and keeps the strongest.

    >>> marks = Marks()
    >>> for mark in Mark(0.5, 0.0, 2.0, "Dog"), Mark(0.9, 1.0, 3.0, "Cat"), Mark(0.4, 2.0, 3.0, "Dog"):
    ...     marks.add(mark)
    >>> [(lane.label, len(lane.marks)) for lane in marks.lanes(2)]
    [('Dog', 2), ('Cat', 1)]
    >>> [lane.label for lane in marks.lanes(1)]
    ['Cat']
    """

    def __init__(self, kept: int = KEPT) -> None:
        self.count = 0
        self._kept = kept
        self._strongest: list[Mark] = []

    def add(self, mark: Mark) -> None:
        """Take a mark."""
        self.count += 1
        (heappush if len(self._strongest) < self._kept else heappushpop)(self._strongest, mark)

    def lanes(self, most: int) -> list[Lane]:
        """Return the *most* lanes with the best scores, in the order in which their classes were first heard."""
        by_label: dict[str, list[Lane]] = {}
        for mark in sorted(self._strongest, key=lambda mark: (mark.start_s, mark.label, mark.end_s)):
            lanes = by_label.setdefault(mark.label, [])
            free = next((lane for lane in lanes if lane.marks[-1].end_s <= mark.start_s), None)
            if free is None:
                lanes.append(free := Lane(mark.label))
            free.marks.append(mark)
        every = [lane for lanes in by_label.values() for lane in lanes]
        best = sorted(every, key=lambda lane: -lane.score)[:most]
        return [lane for lane in every if any(lane is kept for kept in best)]
