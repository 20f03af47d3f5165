"""`pool` makes one row of all windows of a stream, at its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from flowrun.operators.inference.pool import pool
from flowrun.schemas.ports import Scores, Windows
from flowrun.schemas.spec import spec_of
from flowrun.schemas.stream_info import StreamInfo


def scores(start_s: float, *rows: list[float], last: bool = False, gap: bool = False, stream: str = "s") -> Scores:
    at = Windows(stream, start_s + 0.5 * np.arange(len(rows)), 1.0, 0.5, gap=gap, last=last)
    return Scores(at, np.array(rows, np.float32).reshape(-1, 2), ("Dog", "Cat"))


@pytest.mark.parametrize(("method", "expected"), [("mean", [0.4, 0.2]), ("max", [0.9, 0.3])])
def test_all_windows_count_the_same(play: Callable[..., list[Any]], method: str, expected: list[float]) -> None:
    items = [scores(2.0, [0.9, 0.1]), scores(2.5, [0.2, 0.2], [0.1, 0.3]), scores(4.0, last=True)]
    (whole,) = play(pool, items, method=method)
    np.testing.assert_allclose(whole.values, [expected], atol=1e-6)
    assert whole.values.dtype == np.float32
    assert (whole.at.start_s.tolist(), whole.at.window_s, whole.last) == ([2.0], 2.0, True)


def test_what_came_before_a_gap_counts_too(play: Callable[..., list[Any]]) -> None:
    (whole,) = play(pool, [scores(0, [1, 0]), scores(9, [0, 0], gap=True, last=True)])
    np.testing.assert_allclose(whole.values, [[0.5, 0]])


def test_a_stream_without_a_window_has_no_row_but_an_end(play: Callable[..., list[Any]]) -> None:
    (whole,) = play(pool, [scores(0, last=True)])
    assert (whole.values.shape, whole.last, whole.labels) == ((0, 2), True, ("Dog", "Cat"))


def test_streams_do_not_mix(play: Callable[..., list[Any]]) -> None:
    items = [
        scores(0, [1, 0], stream="a"),
        scores(0, [0, 1], last=True, stream="b"),
        scores(1, [1, 0], last=True, stream="a"),
    ]
    got = play(pool, items)
    assert [(item.stream, item.values[0].tolist()) for item in got] == [("b", [0, 1]), ("a", [1, 0])]


def test_it_keeps_the_labels_but_not_the_windows() -> None:
    info = StreamInfo(labels=("Dog",), window_s=1.0, hop_s=0.5)
    assert spec_of(pool).info(scores=info, method="mean", every_s=None) == StreamInfo(labels=("Dog",))
    assert spec_of(pool).info(scores=info, method="mean", every_s=5.0).hop_s == 5.0


@pytest.mark.parametrize("size", [1, 3, 12])
def test_each_piece_has_a_row_as_soon_as_its_last_window_is_there(play: Callable[..., list[Any]], size: int) -> None:
    rows = [[n / 16, 1.0] for n in range(12)]  # a window each 0.5 s
    items = [scores(n / 2, *rows[n : n + size]) for n in range(0, 12, size)]
    pieces = play(pool, [*items, scores(6.0, last=True)], every_s=2.5)
    assert [item.at.start_s.tolist() for item in pieces] == [[0.0], [2.5], [5.0]]
    assert [item.values[0].tolist() for item in pieces] == [[2 / 16, 1], [7 / 16, 1], [10.5 / 16, 1]]
    assert [(item.at.window_s, item.at.hop_s, item.at.whole, item.last) for item in pieces] == [
        (3.0, 2.5, False, False),
        (3.0, 2.5, False, False),
        (1.5, 2.5, False, True),
    ]


def test_a_gap_ends_a_piece(play: Callable[..., list[Any]]) -> None:
    before, after = play(pool, [scores(0, [1, 0]), scores(0.5, [0, 0], gap=True, last=True)], every_s=5)
    assert (before.values.tolist(), before.gap, before.last) == ([[1, 0]], False, False)
    assert (after.values.tolist(), after.gap, after.last) == ([[0, 0]], True, True)
