"""What is too old or too much is dropped, oldest first, each step by its own limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flowrun.models.outbox.expiry import drop
from flowrun.models.outbox.letter import Letter, Limits
from flowrun.models.outbox.rows import Changes
from flowrun.models.outbox.store import Store

NOW = datetime(2026, 11, 22, tzinfo=UTC)
LONG_S = 1e9  # the run is older than any limit


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Ten letters of 100 bytes, a day apart; the odd ones are of `hook`, the even of `mail`; 1 and 9 are dead."""
    store = Store(tmp_path / "a.outbox")
    letters = [Letter(n, f"e{n}", b"x" * 100, NOW - timedelta(days=11 - n)) for n in range(1, 11)]
    steps = tuple(("hook" if letter.number % 2 else "mail", letter) for letter in letters)
    store.write(Changes(steps, dead=((1, "400"), (9, "400"))), NOW - timedelta(days=5))
    yield store
    store.close()


def left(store: Store) -> list[int]:
    return [letter.number for _, letter in store.waiting()]


def test_what_waited_too_long_is_dropped(store: Store) -> None:
    limits = {"hook": Limits(keep_s=5 * 86400), "mail": Limits(keep_s=3 * 86400)}
    dropped = drop(store, limits, NOW, 0, LONG_S)
    assert left(store) == [7, 8, 10]
    assert Counter(removed.step for removed, _ in dropped) == {"hook": 2, "mail": 3}
    assert {why for removed, why in dropped if removed.step == "hook"} == {"they waited longer than keep_s, 432000 s"}


def test_what_is_too_much_is_dropped_oldest_first(store: Store) -> None:
    dropped = drop(store, {"hook": Limits(1e9, 250), "mail": Limits(1e9, 500)}, NOW, 0, LONG_S)
    assert left(store) == [2, 4, 5, 6, 7, 8, 10]
    assert [why for _, why in dropped] == ["more waited than keep_bytes, 250"]


def test_dead_letters_have_the_same_limits_and_count_apart(store: Store) -> None:
    assert drop(store, {"hook": Limits(1e9, 300), "mail": Limits(1e9, 500)}, NOW, 0, LONG_S) == []
    assert len(store.dead()) == 2
    drop(store, {"hook": Limits(4 * 86400.0), "mail": Limits()}, NOW, 0, LONG_S)
    assert store.dead() == []


def test_a_step_that_is_no_more_has_the_usual_limits(store: Store) -> None:
    drop(store, {}, NOW, 0, LONG_S)
    assert left(store) == [4, 5, 6, 7, 8, 10]  # a week


def test_a_clock_that_jumps_drops_nothing_of_a_young_run(store: Store) -> None:
    years_later = NOW + timedelta(days=20_000)
    drop(store, {"hook": Limits(), "mail": Limits()}, years_later, 5, 60.0)
    assert left(store) == [5, 6, 7, 8, 10]
