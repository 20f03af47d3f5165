"""`top` keeps the k best classes that reach the minimum score."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from flowrun.operators.inference.top import best, top
from flowrun.schemas.ports import Scores, Windows

LABELS = ("Dog", "Cat", "Owl", "Cow")


def test_each_window_has_its_own_best_and_may_have_none(play: Callable[..., list[Any]]) -> None:
    values = np.array([[0.1, 0.9, 0.5, 0.2], [0, 0, 0, 0.1]], np.float32)
    at = Windows("s", np.array([0.0, 0.5]), 1.0, 0.5, last=True)
    (got,) = play(top, [Scores(at, values, LABELS)], k=2, min_score=0.2)
    assert [[p.label for p in row] for row in got.rows] == [["Cat", "Owl"], []]
    assert got.at is at


def test_a_score_equal_to_the_minimum_is_kept_and_ties_keep_the_order_of_the_classes() -> None:
    row = np.array([0.1, 0.3, 0.3, 0.1], np.float32)
    assert [p.label for p in best(row, LABELS, 4, 0.1)] == ["Cat", "Owl", "Dog", "Cow"]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 1, width=32), min_size=4, max_size=4), st.integers(1, 6), st.floats(0, 1, width=32))
def test_the_best_are_what_sorting_all_gives(row: list[float], k: int, min_score: float) -> None:
    pairs = sorted(zip(row, LABELS, strict=True), key=lambda pair: -pair[0])
    expected = [(label, score) for score, label in pairs[:k] if score >= min_score]
    assert list(best(np.array(row, np.float32), LABELS, k, min_score)) == expected
