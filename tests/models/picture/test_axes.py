"""Axes name round times and frequencies, never more than there is room for."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowrun.models.picture.mel_axis import frequency_ticks, height_of
from flowrun.models.picture.time_axis import length, time_ticks, unit


@given(st.floats(1e-4, 1e9), st.integers(2, 15))
def test_any_duration_has_round_times_that_have_room_and_differ(duration_s: float, most: int) -> None:
    ticks = time_ticks(duration_s, most)
    assert 1 <= len(ticks) <= most
    assert ticks[0][0] == 0
    assert all(time_s <= duration_s * (1 + 1e-6) for time_s, _ in ticks)
    assert len({text for _, text in ticks}) == len(ticks)


@pytest.mark.parametrize(
    ("duration_s", "last", "read"),
    [(0.3, "0.30 s", ""), (59.0, "50 s", ""), (95.0, "1:30", "min:s"), (7300.0, "2:00", "h:min"), (4e6, "1024 h", "")],
)
def test_times_are_written_as_people_read_them(duration_s: float, last: str, read: str) -> None:
    assert (time_ticks(duration_s, 10)[-1][1], unit(duration_s)) == (last, read)


@given(st.integers(100, 200_000))
def test_frequencies_lie_within_the_axis_and_apart(rate_hz: int) -> None:
    places = [320 * height_of(hz, rate_hz) for hz, _ in frequency_ticks(rate_hz, 320, 24)]
    assert all(0 < at <= 320 for at in places)
    assert all(b - a >= 24 for a, b in pairwise(places))


@pytest.mark.parametrize(
    ("duration_s", "text"), [(59.99, "60 s"), (60.0, "1 min"), (3599.9, "1 h"), (3661.0, "1 h 1 min")]
)
def test_a_length_is_rounded_to_what_matters(duration_s: float, text: str) -> None:
    assert length(duration_s) == text
