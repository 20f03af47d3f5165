"""A threshold lets through what is allowed of other sounds, and as many of its own as it can."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowrun.models.cross_validation.thresholds import threshold, thresholds

Scores = st.lists(st.floats(0, 1, width=32), max_size=30)


@given(Scores, Scores, st.integers(0, 5))
def test_no_more_false_alarms_than_allowed(own: list[float], other: list[float], allowed: int) -> None:
    limit = threshold(np.array(own, np.float32), np.array(other, np.float32), allowed)
    if max(other, default=0) < 1:  # nothing is above a score of 1
        assert sum(score >= limit for score in other) <= allowed
        assert 0 < limit <= 1


def test_no_threshold_finds_more_of_its_own_at_the_same_false_alarms() -> None:
    random = np.random.default_rng(1)
    own, other = random.beta(5, 2, 50).astype(np.float32), random.beta(2, 5, 200).astype(np.float32)
    for allowed in (0, 3):
        found = (own >= threshold(own, other, allowed)).sum()
        lower = sorted(limit for limit in [*own, *other] if (other >= limit).sum() <= allowed)
        assert found == (own >= lower[0]).sum()


def test_the_hours_of_other_sounds_decide_how_many_false_alarms_are_allowed() -> None:
    """
    two hours of others, in 10 clips of 720 s; 0.4, 0.5, 1 and 2 per hour allow 0, 1, 2 and 4 of them
    """
    scores = np.array([[0.9]] + [[0.1 * n] for n in range(8)] + [[0.75]] * 2, np.float32)
    truth = np.array([0] + [-1] * 10, np.int32)
    seconds = np.full(11, 720, np.float32)
    got = [float(thresholds(scores, truth, seconds, rate)[0]) for rate in (0.4, 0.5, 1, 2)]
    passed = [int((scores[1:, 0] >= limit).sum()) for limit in got]
    assert passed == [0, 0, 0, 3]
    assert all(lower <= higher for higher, lower in pairwise(got))


@pytest.mark.parametrize("hours", [0.1, 0.9])
def test_what_is_too_short_to_tell_lets_nothing_through(hours: float) -> None:
    scores = np.array([[0.9], [0.6], [0.7]], np.float32)
    limits = thresholds(scores, np.array([0, -1, -1], np.int32), np.array([1, 1800 * hours, 1800 * hours]), 1.0)
    assert limits[0] == pytest.approx(0.8, abs=1e-6)
