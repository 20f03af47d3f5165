"""`debounce` merges hits into events. In the pictures a character is a window of 1 s: x a hit, . a miss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowrun.operators.detection.debounce import debounce
from flowrun.schemas.ports import Event, Hits, Windows
from flowrun.schemas.spec import spec_of
from flowrun.schemas.stream_info import Mismatch, StreamInfo


def hits(
    picture: str,
    *,
    start_s: float = 0.0,
    hop_s: float = 1.0,
    window_s: float = 1.0,
    last: bool = True,
    gap: bool = False,
) -> Hits:
    """Return a block of hits; a digit is a hit with that many tenths as its score."""
    starts = start_s + hop_s * np.arange(len(picture))
    at = Windows("s", starts, window_s, hop_s, gap=gap, last=last)
    values = np.array([[int(c) / 10 if c.isdigit() else 0.9 * (c == "x")] for c in picture], np.float32).reshape(-1, 1)
    return Hits(at, values, values >= 0.3, ("Glass",), (0.3,))


def spans(events: list[Event]) -> list[tuple[float, float]]:
    return [(event.start_s, event.end_s) for event in events]


@pytest.mark.parametrize(
    ("picture", "options", "expected"),
    [
        ("..xx..x.", {}, [(2, 4), (6, 7)]),  # each run is an event
        ("xxx", {}, [(0, 3)]),  # the end of the stream ends it
        ("...", {}, []),
        ("..xx..x.", {"hold_s": 2}, [(2, 7)]),  # a pause as long as the hold belongs to it
        ("..xx..x.", {"hold_s": 1.9}, [(2, 4), (6, 7)]),
        ("x.xx.x..", {"min_hits": 2}, [(2, 4)]),  # two that follow one another
        ("x.x..x.x", {"min_hits": 2, "of": 3}, [(0, 3), (5, 8)]),  # two of three; it starts with the first of them
        ("x..x..x.", {"min_hits": 2, "of": 3}, []),
        ("x.x.x.x.", {"cooldown_s": 3}, [(0, 1), (4, 5)]),  # nothing begins within 3 s of an end
        ("xx..xxxx", {"cooldown_s": 3, "min_hits": 2}, [(0, 2), (5, 8)]),  # what lies in the cool-down does not count
    ],
)
def test_events_follow_the_picture(
    play: Callable[..., list[Any]], picture: str, options: dict[str, Any], expected: list[tuple[float, float]]
) -> None:
    assert spans(play(debounce, [hits(picture)], **options)) == expected


def test_an_event_tells_its_peak_and_why(play: Callable[..., list[Any]]) -> None:
    (event,) = play(debounce, [hits("x586.", last=True)], min_hits=2, of=3)
    assert event.score == pytest.approx(0.9)
    assert (event.label, event.stream) == ("Glass", "s")
    assert event.reason == "active in 4 windows, threshold 0.3; it takes 2 of 3"


def test_a_gap_ends_the_event_and_nothing_counts_across_it(play: Callable[..., list[Any]]) -> None:
    items = [hits("xx", last=False), hits("xx", start_s=2, gap=True, last=False), hits("x", start_s=9, gap=True)]
    assert spans(play(debounce, items, hold_s=60)) == [(0, 2), (2, 4), (9, 10)]
    assert play(debounce, [hits("x", last=False), hits("x", start_s=1, gap=True)], min_hits=2) == []


def test_overlapping_windows_make_one_event_from_the_first_start_to_the_last_end(
    play: Callable[..., list[Any]],
) -> None:
    got = play(debounce, [hits("x.x...x", hop_s=0.5)])
    assert spans(got) == [(0, 2), (3, 4)]  # windows 0 and 2 touch at 1 s; 1 s lies between 2 and 6


def test_the_start_can_be_told_at_once(play: Callable[..., list[Any]]) -> None:
    items = [hits("..x", last=False), hits("xxx", start_s=3)]
    (event,) = play(debounce, items, emit="start")
    assert (event.start_s, event.end_s) == (2, 3)  # the end as far as it was known
    (ended,) = play(debounce, items, emit="end")
    assert event.id == ended.id  # so that who heard the start recognises the end


def test_labels_have_events_of_their_own_in_the_order_in_which_they_end(play: Callable[..., list[Any]]) -> None:
    active = np.array([[1, 1], [1, 0], [1, 0], [0, 0]], bool)
    at = Windows("s", np.arange(4.0), 1.0, 1.0, last=True)
    item = Hits(at, active.astype(np.float32), active, ("Long", "Short"), (0.5, 0.5))
    assert [(e.label, e.end_s) for e in play(debounce, [item])] == [("Short", 1), ("Long", 3)]


def test_each_label_may_have_a_cool_down_of_its_own(play: Callable[..., list[Any]]) -> None:
    active = np.array([[1, 1], [0, 0], [1, 1], [0, 0], [1, 1]], bool)
    item = Hits(Windows("s", np.arange(5.0), 1.0, 1.0, last=True), active.astype(np.float32), active, "AB", (0.5, 0.5))  # type: ignore[arg-type]
    got = play(debounce, [item], cooldown_s={"A": 3})
    assert [(e.label, e.start_s) for e in got] == [("A", 0), ("B", 0), ("B", 2), ("A", 4), ("B", 4)]


def test_a_cool_down_of_an_unknown_label_is_refused() -> None:
    known = StreamInfo(step="hits", labels=("Glass",))
    with pytest.raises(Mismatch, match="'hits' has no label 'Glas'"):
        spec_of(debounce).info(hits=known, min_hits=1, of=None, cooldown_s={"Glas": 3.0})


@settings(max_examples=50, deadline=None)
@given(
    st.text("x.", max_size=24),
    st.lists(st.integers(0, 24), max_size=6),
    st.integers(1, 3),
    st.sampled_from([0.0, 0.5, 1.0, 2.5]),
    st.sampled_from(["end", "start"]),
)
def test_any_cut_into_blocks_gives_the_same_events(
    picture: str, cuts: list[int], min_hits: int, seconds: float, emit: str
) -> None:
    import reactivex

    def events(items: list[Hits]) -> list[Any]:
        got: list[Any] = []
        options: dict[str, Any] = {
            "min_hits": min_hits,
            "of": 3,
            "hold_s": seconds,
            "cooldown_s": seconds,
            "emit": emit,
        }
        debounce(reactivex.from_iterable(items), **options).subscribe(got.append)
        return [astuple(event) for event in got]

    edges = [0, *sorted(min(cut, len(picture)) for cut in cuts), len(picture)]
    parts = [
        hits(picture[a:b], start_s=0.5 * a, hop_s=0.5, last=i == len(edges) - 2)
        for i, (a, b) in enumerate(pairwise(edges))
    ]
    assert events(parts) == events([hits(picture, hop_s=0.5)])


def test_of_below_min_hits_is_refused() -> None:
    with pytest.raises(Mismatch, match=r"of \(2\) must be at least min_hits \(3\)"):
        spec_of(debounce).info(hits=StreamInfo(), min_hits=3, of=2)
