"""`mix` waits for all sounds, then gives mixtures that depend on the sounds, the seed and their number alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from flowrun.models.signals import noise, tone
from flowrun.operators.audio.mix import mix
from flowrun.schemas.ports import Audio
from flowrun.schemas.run import Alone

Play = Callable[..., list[Any]]
SOUNDS = [
    Audio(noise(1.0, 16000, -20, seed=1)[:9000], 16000, "a/1"),
    Audio(tone(1.0, 16000, -20, 500), 16000, "b/1", last=True),
    Audio(noise(1.0, 16000, -20, seed=1)[9000:], 16000, "a/1", 9000, last=True),
]


def test_each_mixture_is_a_stream_of_the_length_that_was_asked_for(play: Play) -> None:
    given = play(mix, SOUNDS, count=5, duration_s=0.75)
    assert [item.stream for item in given] == [f"mixture/{number:07}" for number in range(5)]
    assert {(len(item.samples), item.rate_hz, item.last) for item in given} == {(12000, 16000, True)}
    assert all(np.abs(item.samples).max() > 0 for item in given)


def test_the_order_in_which_sounds_come_does_not_matter_but_the_seed_does(play: Play) -> None:
    def samples(items: list[Audio], seed: int) -> Any:
        return np.array([item.samples for item in play(mix, items, count=4, duration_s=0.5, seed=seed)])

    np.testing.assert_array_equal(samples(SOUNDS, 1), samples([SOUNDS[1], SOUNDS[0], SOUNDS[2]], 1))
    assert not np.array_equal(samples(SOUNDS, 1), samples(SOUNDS, 2))


def test_sounds_of_different_rates_and_no_sounds_are_refused(play: Play) -> None:
    with pytest.raises(ValueError, match="a/1 has 16000 Hz, c/1 44100 Hz: add `resample"):
        play(mix, [*SOUNDS, Audio(np.zeros(4, np.float32), 44100, "c/1", last=True)], count=1)
    with pytest.raises(ValueError, match="no sound to mix"):
        play(mix, [], count=1)


def test_it_ends_between_two_mixtures_when_the_run_is_to_end(play: Play) -> None:
    run = Alone()
    run.stopping.set()
    assert play(mix, SOUNDS, count=5, run=run) == []
