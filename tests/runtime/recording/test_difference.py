"""Events are the same, new, gone or changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from flowrun.runtime.recording.difference import difference

Row = Mapping[str, Any]


def event(start_s: float, end_s: float, label: str = "Glass", score: float = 0.8, stream: str = "mic") -> Row:
    return {"stream": stream, "label": label, "start_s": start_s, "end_s": end_s, "score": score}


def test_an_event_that_overlaps_the_old_one_has_changed() -> None:
    old, new = event(1, 4), event(2, 5, score=0.9)
    assert difference([old], [new]).changed == [(old, new)]


def test_events_apart_or_of_another_label_or_stream_are_gone_and_new() -> None:
    old = event(1, 2)
    for new in (event(3, 4), event(1, 2, label="Dog"), event(1, 2, stream="other")):
        found = difference([old], [new])
        assert (found.gone, found.new, found.changed) == ([old], [new], [])


def test_an_event_that_falls_into_two_has_changed_and_one_is_new() -> None:
    old, first, second = event(1, 9), event(1, 4), event(6, 9)
    found = difference([old], [first, second])
    assert (found.changed, found.new) == ([(old, first)], [second])


def test_one_that_is_missing_among_overlapping_ones_is_all_that_differs() -> None:
    windows = [event(s, s + 2) for s in range(6)]
    found = difference(windows, [*windows[:2], *windows[3:]])
    assert (found.gone, found.count, found.same) == ([windows[2]], 1, 5)


def test_rounding_is_no_difference() -> None:
    assert difference([event(1, 2, score=0.8)], [event(1.0004, 2, score=0.8003)]).count == 0


EVENTS = st.lists(
    st.builds(
        lambda start, length, label, score: event(start, start + length, label, score),
        st.floats(0, 20),
        st.floats(0, 5),
        st.sampled_from("ab"),
        st.floats(0, 1),
    )
)


@given(EVENTS, EVENTS)
def test_each_event_is_counted_once_whatever_the_two_lists_are(before: list[Row], after: list[Row]) -> None:
    found = difference(before, after)
    assert found.same + len(found.changed) + len(found.gone) == len(before)
    assert found.same + len(found.changed) + len(found.new) == len(after)


@given(EVENTS)
def test_a_list_does_not_differ_from_itself_in_another_order(events: list[Row]) -> None:
    assert difference(events, events[::-1]).count == 0
