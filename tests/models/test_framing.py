"""Frames are the same however the rows came."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowrun.models.framing import Framer


def naive(rows: int, length: int, hop: int) -> list[list[int]]:
    return [list(range(start, start + length)) for start in range(0, rows - length + 1, hop)]


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 6), st.integers(1, 9), st.lists(st.integers(0, 12), max_size=8))
def test_any_cut_gives_the_frames_of_the_whole(length: int, hop: int, sizes: list[int]) -> None:
    framer = Framer(length, hop)
    blocks = np.split(np.arange(sum(sizes)), np.cumsum(sizes)[:-1]) if sizes else []
    got = [frame for block in blocks for frame in framer(block).tolist()]
    assert got == naive(sum(sizes), length, hop)
    assert framer.count == len(got)


def test_rows_may_have_a_shape_and_frames_keep_it() -> None:
    rows = np.arange(24).reshape(6, 2, 2)
    frames = Framer(3, 2)(rows)
    np.testing.assert_array_equal(frames, [rows[0:3], rows[2:5]])
    assert Framer(9, 1)(rows).shape == (0, 9, 2, 2)


@pytest.mark.parametrize(("rows", "rest"), [(0, 0), (2, 2), (4, 0), (5, 1)])
def test_the_rest_is_what_waits_for_a_frame(rows: int, rest: int) -> None:
    framer = Framer(4, 4)
    framer(np.arange(rows))
    assert len(framer.rest) == rest
