"""Overlapping events of a class take lanes of their own; the strongest are kept, all are counted."""

from __future__ import annotations

from flowrun.models.picture.lanes import Mark, Marks


def marks(*of: Mark, kept: int = 100) -> Marks:
    gathered = Marks(kept)
    for mark in of:
        gathered.add(mark)
    return gathered


def test_events_of_a_class_share_a_lane_unless_they_overlap() -> None:
    first, over, after = Mark(0.5, 0, 2, "Dog"), Mark(0.6, 1, 3, "Dog"), Mark(0.7, 2, 4, "Dog")
    lanes = marks(after, over, first).lanes(9)
    assert [lane.marks for lane in lanes] == [[first, after], [over]]


def test_the_most_certain_classes_have_the_lanes_in_the_order_of_time() -> None:
    lanes = marks(Mark(0.3, 0, 1, "Cat"), Mark(0.8, 2, 3, "Owl"), Mark(0.9, 1, 2, "Dog")).lanes(2)
    assert [lane.label for lane in lanes] == ["Dog", "Owl"]


def test_the_strongest_are_kept_in_whatever_order_they_come_and_all_are_counted() -> None:
    many = [Mark(score / 100, score, score + 1, "Dog") for score in range(100)]
    for order in (many, many[::-1]):
        gathered = marks(*order, kept=3)
        assert gathered.lanes(9)[0].marks == many[-3:]
        assert gathered.count == 100
