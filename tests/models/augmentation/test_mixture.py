"""A mixture depends on its random numbers alone, and holds what was drawn at the level that was drawn."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from flowrun.models.augmentation.mixture import Mixer, at_level, looped, placed

RATE = 16000


def tone(hz: float, seconds: float, peak: int = 3000) -> NDArray[np.int16]:
    wave: NDArray[np.int16] = np.rint(peak * np.sin(2 * np.pi * hz / RATE * np.arange(int(seconds * RATE)))).astype(
        np.int16
    )
    return wave


def loudest_hz(samples: NDArray[np.float32]) -> int:
    return int(np.abs(np.fft.rfft(samples)).argmax() * RATE / len(samples))


def test_the_same_numbers_give_the_same_mixture_and_others_another() -> None:
    mixer = Mixer({"a/1": tone(440, 1.0), "b/1": tone(880, 0.3)}, {})
    first, again, other = (mixer(RATE, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.shape == (RATE,)
    assert first.dtype == np.float32
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert max(np.abs(first).max(), np.abs(other).max()) <= 1


def test_a_collection_is_drawn_as_often_as_its_share_says() -> None:
    sounds = {"few/1": tone(440, 1.0), **{f"many/{i}": tone(3000, 1.0) for i in range(20)}}
    for share, expected in ((1.0, 0.5), (3.0, 0.75)):
        mixer = Mixer(sounds, {"few": share})
        heard = [loudest_hz(mixer(4000, np.random.default_rng(seed))) < 1000 for seed in range(300)]
        assert np.mean(heard) == pytest.approx(expected, abs=0.08)


def test_shares_of_what_is_not_there_are_refused() -> None:
    with pytest.raises(ValueError, match="`shares` names 'c'; the collections are a, b"):
        Mixer({"a/1": tone(440, 1.0), "b/1": tone(440, 1.0)}, {"c": 1.0})
    with pytest.raises(ValueError, match="no sound to mix"):
        Mixer({"a/1": tone(440, 0.0)}, {})


def test_a_level_counts_where_a_sound_is_loudest() -> None:
    quiet_then_loud = np.concatenate([0.001 * np.ones(RATE), 0.5 * np.ones(1600)]).astype(np.float32)
    lower = at_level(quiet_then_loud, -20.0)
    assert lower[-1] == pytest.approx(0.02)
    assert lower[0] / lower[-1] == pytest.approx(0.001 / 0.5)
    np.testing.assert_array_equal(at_level(np.zeros(5000, np.float32), -20.0), 0)


def test_a_short_sound_is_placed_whole_or_with_half_of_it_outside() -> None:
    starts = []
    for seed in range(200):
        out = placed(np.arange(1, 101, dtype=np.float32), 1000, np.random.default_rng(seed))
        there = np.flatnonzero(out)
        assert len(there) >= 50
        np.testing.assert_array_equal(np.diff(out[there]), 1)
        starts.append(there[0] - out[there[0]] + 1)
    assert min(starts) < 0
    assert max(starts) > 900


def test_a_long_sound_is_cut_and_a_background_goes_round() -> None:
    long = np.arange(1000, dtype=np.float32)
    piece = placed(long, 100, np.random.default_rng(0))
    np.testing.assert_array_equal(np.diff(piece), 1)
    circle = looped(np.arange(7, dtype=np.float32), 30, np.random.default_rng(0))
    np.testing.assert_array_equal(np.diff(circle) % 7, 1)
