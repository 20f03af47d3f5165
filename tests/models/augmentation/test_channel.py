"""What a channel does to a sound can be heard, is drawn from its random numbers alone, and leaves its length."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from flowrun.models.augmentation.channel import Channel, filtered
from flowrun.models.augmentation.noise import coloured_noise
from flowrun.models.augmentation.room import DECAY_S, room_response
from flowrun.models.signals import noise, tone

RATE = 16000
NOTHING = Channel(untouched=0, speed=0, filter=0, reverb=0, noise=0, silence=0, level=0)
SOUND = noise(1.0, RATE, -20, seed=3)


def random(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("change", ["speed", "filter", "reverb", "noise", "silence", "level"])
def test_each_change_changes_the_sound_and_nothing_else_does(change: str) -> None:
    np.testing.assert_array_equal(NOTHING(SOUND, RATE, random()), SOUND)
    channel = replace(NOTHING, **{change: 1.0})  # type: ignore[arg-type]  # each of them is a share
    before = SOUND.copy()
    changed, again = channel(SOUND, RATE, random()), channel(SOUND, RATE, random())
    assert changed.shape == SOUND.shape
    assert changed.dtype == np.float32
    assert np.abs(changed - SOUND).max() > 1e-4
    np.testing.assert_array_equal(changed, again)
    np.testing.assert_array_equal(SOUND, before)
    assert np.abs(changed).max() <= 1


def test_a_share_of_the_sounds_stays_as_it_is() -> None:
    channel = Channel(untouched=0.4)
    kept = [np.array_equal(channel(SOUND[:200], RATE, random(seed)), SOUND[:200]) for seed in range(1500)]
    assert 0.36 < np.mean(kept) < 0.46  # 3 % for which nothing is drawn stay too


def test_speed_moves_the_pitch_by_a_quarter_at_most() -> None:
    pitch = tone(1.0, RATE, -20, 1000)
    channel = replace(NOTHING, speed=1.0)
    peaks = [float(np.abs(np.fft.rfft(channel(pitch, RATE, random(seed)))).argmax()) for seed in range(40)]
    assert 795 <= min(peaks) < 900
    assert 1110 < max(peaks) <= 1255


def test_noise_is_as_far_below_the_sound_as_was_drawn() -> None:
    channel = replace(NOTHING, noise=1.0, noise_db=(20.0, 20.0))
    added = channel(SOUND, RATE, random()) - SOUND
    assert 10 * np.log10(np.mean(SOUND**2) / np.mean(added**2)) == pytest.approx(20, abs=0.2)


def test_a_random_frequency_response_is_smooth_and_of_the_spread_that_was_asked_for() -> None:
    gains_db = []
    for seed in range(30):
        click = np.zeros(8192, np.float32)
        click[0] = 1
        response_db = 20 * np.log10(np.abs(np.fft.rfft(filtered(click, RATE, random(seed), 6.0))))
        assert np.abs(np.diff(response_db[200:])).max() < 1.0
        gains_db.append(response_db[[31, 512, 4096]])
    assert np.std(gains_db) == pytest.approx(6.0, abs=1.5)


def test_the_colour_of_noise_is_its_slope() -> None:
    power = np.abs(np.fft.rfft(coloured_noise(1 << 16, 1.0, random()))) ** 2
    octaves = [power[1 << n : 2 << n].sum() for n in range(6, 15)]  # pink: as much in each octave
    assert max(octaves) / min(octaves) < 1.6


def test_a_room_begins_with_the_direct_sound_and_decays() -> None:
    for seed in range(20):
        response = room_response(RATE, random(seed))
        assert DECAY_S[0] * RATE - 1 <= len(response) <= DECAY_S[1] * RATE
        assert np.sum(response**2) == pytest.approx(1.0, abs=1e-3)
        fifth = len(response) // 5
        assert np.sum(response[-fifth:] ** 2) < 1e-3 * np.sum(response[1:fifth] ** 2)
