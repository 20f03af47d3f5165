"""The columns of a spectrogram are the same however the sound came, and never more than there is room for."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from numpy.typing import NDArray

from flowrun.models.picture.mel_axis import height_of
from flowrun.models.picture.spectrogram import COLUMNS, FLOOR_DB, ROWS, Spectrogram
from flowrun.models.signals import click, noise, silence, tone


def spectrogram(samples: NDArray[np.float32], rate_hz: int, block: int = 10**9, columns: int = COLUMNS) -> Spectrogram:
    sound = Spectrogram(rate_hz, columns)
    for start in range(0, len(samples), block):
        sound.add(samples[start : start + block], start)
    sound.finish()
    return sound


@pytest.mark.parametrize("rate_hz", [8000, 16000, 44100])
@pytest.mark.parametrize("frequency_hz", [60.0, 440.0, 3500.0])
def test_a_tone_is_brightest_in_its_row_and_at_its_level(frequency_hz: float, rate_hz: int) -> None:
    levels = spectrogram(tone(1.0, rate_hz, -23.01, frequency_hz), rate_hz).levels_db()
    middle = levels[len(levels) // 2]
    assert abs(int(middle.argmax()) / ROWS - height_of(frequency_hz, rate_hz)) < 0.01  # of the axis
    assert middle.max() == pytest.approx(-20, abs=2)  # 0 dB is the sine of full scale, which has -3.01 dBFS


def test_silence_has_the_level_of_the_floor() -> None:
    assert (spectrogram(silence(0.5, 16000), 16000).levels_db() == FLOOR_DB).all()


@pytest.mark.parametrize("block", [1, 7, 160, 999, 16000])
def test_block_sizes_do_not_matter(block: int) -> None:
    samples = noise(0.5, 8000, -20, seed=1)
    expected = spectrogram(samples, 8000, columns=16)
    actual = spectrogram(samples, 8000, block, columns=16)
    assert actual.column_s == expected.column_s == 0.04
    np.testing.assert_allclose(actual.levels_db(), expected.levels_db(), atol=1e-3)


def test_a_click_stays_as_loud_and_where_it_was_however_long_the_sound_goes_on() -> None:
    samples = np.concatenate([click(1.0, 8000, 0.0), silence(63.0, 8000)])
    short, long = spectrogram(samples[:8000], 8000, columns=100), spectrogram(samples, 8000, columns=100)
    assert (short.column_s, long.column_s) == (0.01, 0.64)
    assert long.levels_db().max() == short.levels_db().max() > -60
    assert short.levels_db().max(axis=1).argmax() == pytest.approx(50, abs=1)
    assert long.levels_db().max(axis=1).argmax() == 0


def test_years_fit_into_the_columns_of_ten_seconds() -> None:
    tracemalloc.start()
    sound = Spectrogram(16000)
    for hour in range(0, 20_000, 500):
        sound.add(noise(0.1, 16000, -20, seed=hour), hour * 3600 * 16000)
    sound.finish()
    levels = sound.levels_db()
    _, most_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most_bytes < 16e6
    assert COLUMNS / 2 <= len(levels) <= COLUMNS
    assert sound.duration_s == pytest.approx(19_500 * 3600 + 0.1)
    assert (levels.max(axis=1) > -60).sum() == 40  # each is in a column of its own


def test_what_was_lost_is_silent_and_what_follows_is_in_its_place() -> None:
    sound = Spectrogram(16000)
    sound.add(tone(0.2, 16000, -20, 1000), 0)
    sound.add(tone(0.2, 16000, -20, 1000), 16000)
    sound.finish()
    heard = sound.levels_db().max(axis=1) > -60
    assert np.flatnonzero(heard).tolist() == [*range(20), *range(100, 120)]


@pytest.mark.parametrize("count", [1, 159, 160, 161, 640])
def test_every_sample_has_a_column(count: int) -> None:
    sound = spectrogram(np.full(count, 0.5, np.float32), 16000)
    assert sound.levels_db().shape == (-(-count // 160), ROWS)
    assert sound.duration_s == count / 16000
