"""Nothing is lost between a device and the flow without being counted and marked."""

from __future__ import annotations

import pytest

from flowrun.models.capture.ring import Ring


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def ring(clock: Clock, capacity: int = 10, since: float | None = None) -> Ring:
    return Ring(capacity, 1, 10, pause_s=2.0, clock=clock, since=since)


def test_what_came_is_given_in_order_when_there_is_enough(clock: Clock) -> None:
    held = ring(clock)
    held.put(b"ab")
    assert held.take(3) is None
    held.put(b"cd")
    piece = held.take(3)
    assert piece is not None
    assert (piece.data, piece.frames, piece.gap, piece.lost) == (b"abcd", 4, False, 0)
    assert held.take(1) is None


def test_what_does_not_fit_is_counted_and_the_next_that_fits_has_the_gap(clock: Clock) -> None:
    held = ring(clock, capacity=4)
    for data in (b"abcd", b"ef", b"g"):
        held.put(data)
    before = held.take(4)
    held.put(b"hi")
    after = held.take(2)
    assert before is not None
    assert after is not None
    assert (before.data, before.gap) == (b"abcd", False)
    assert (after.data, after.gap, after.lost) == (b"hi", True, 3)
    assert (held.overflow(), held.overflow()) == (3, 0)


def test_a_gap_is_never_inside_a_piece(clock: Clock) -> None:
    held = ring(clock)
    held.put(b"ab")
    held.put(b"cd", overrun=True)
    first, second = held.take(4), held.take(2)
    assert first is not None
    assert second is not None
    assert (first.data, first.gap) == (b"ab", False)
    assert (second.data, second.gap, second.lost) == (b"cd", True, 0)


def test_a_pause_as_of_a_machine_that_slept_is_a_gap_as_long_as_it_was(clock: Clock) -> None:
    held = ring(clock)
    held.put(b"ab")
    clock.now += 60.2  # 0.2 s of which are the two frames themselves
    held.put(b"cd")
    held.take(2)
    piece = held.take(2)
    assert piece is not None
    assert (piece.gap, piece.lost) == (True, 600)


def test_what_is_missing_since_another_opening_is_a_gap_however_short(clock: Clock) -> None:
    held = ring(clock, since=99.0)
    held.put(b"abcde")
    piece = held.take(5)
    assert piece is not None
    assert (piece.gap, piece.lost) == (True, 5)


def test_what_comes_late_but_was_made_at_the_opening_is_missing_only_up_to_then(clock: Clock) -> None:
    held = Ring(100, 1, 10, pause_s=2.0, clock=clock, since=90.0, began=95.0)
    held.put(bytes(30))
    held.put(bytes(30))
    first, second = held.take(30), held.take(30)
    assert first is not None
    assert second is not None
    assert (first.gap, first.lost, second.gap) == (True, 50, False)
