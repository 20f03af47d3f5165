"""`level` measures dBFS, and weighs the spectrum as IEC 61672-1 says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from flowrun.models.signals import click, noise, silence, tone
from flowrun.operators.audio.level import level
from flowrun.schemas.ports import Audio, Failed

# IEC 61672-1:2013, table 3: the A weighting at the exact frequencies 1000 * 10**(n / 10), rounded to 0.1 dB
A_TABLE = {-15: -39.4, -12: -26.2, -9: -16.1, -6: -8.6, -3: -3.2, 0: 0.0, 3: 1.2, 6: 1.0, 9: -1.1, 12: -6.6}


def test_a_full_scale_sine_has_minus_3_01_dbfs(
    play: Callable[..., list[Any]], blocks: Callable[..., list[Audio]]
) -> None:
    (got,) = play(level, blocks(tone(1.0, 16000, -3.0103, 1000), 16000))
    assert got.values[0] == pytest.approx(-3.01, abs=0.005)
    assert (got.unit, got.at.start_s.tolist()) == ("dBFS", [0.0])


@pytest.mark.parametrize("band", A_TABLE)
def test_a_weighting_follows_the_table_of_the_standard(
    play: Callable[..., list[Any]], blocks: Callable[..., list[Audio]], band: int
) -> None:
    samples = tone(3.0, 48000, -20, 1000 * 10 ** (band / 10))
    got = play(level, blocks(samples, 4800, rate_hz=48000), weighting="A")
    assert got[1].values[0] + 20 == pytest.approx(A_TABLE[band], abs=0.2)
    assert got[1].unit == "dBFS(A)"


@pytest.mark.parametrize("at_s", [0.02, 0.5, 0.98])
def test_a_click_counts_the_same_wherever_in_its_window_it_is(
    play: Callable[..., list[Any]], blocks: Callable[..., list[Audio]], at_s: float
) -> None:
    samples = np.roll(click(1.0, 16000, 0), round((at_s - 0.5) * 16000))
    (got,) = play(level, blocks(samples, 16000), weighting="A")
    (middle,) = play(level, blocks(click(1.0, 16000, 0), 16000), weighting="A")
    assert got.values[0] == pytest.approx(middle.values[0], abs=0.05)


@pytest.mark.parametrize("weighting", ["none", "A"])
def test_silence_has_the_floor(
    play: Callable[..., list[Any]], blocks: Callable[..., list[Audio]], weighting: str
) -> None:
    got = play(level, blocks(silence(1.0, 16000), 8000), weighting=weighting, floor_db=-90.0)
    assert got[-1].values.tolist() == [-90.0]


def test_the_rest_of_a_stream_is_a_shorter_window(
    play: Callable[..., list[Any]], blocks: Callable[..., list[Audio]]
) -> None:
    got = play(level, blocks(tone(1.25, 8000, -20, 440), 700, rate_hz=8000), window_s=0.5)
    np.testing.assert_allclose(np.concatenate([item.values for item in got]), [-20, -20, -20], atol=0.05)
    np.testing.assert_allclose(np.concatenate([item.at.start_s for item in got]), [0, 0.5, 1.0])
    assert got[-1].last


def test_a_rate_that_changes_inside_a_stream_is_refused(
    play: Callable[..., list[Any]], blocks: Callable[..., list[Audio]]
) -> None:
    first, second = blocks(noise(0.2, 16000, -20, seed=0), 1600)
    (failed,) = play(level, [first, replace(second, rate_hz=8000)])
    assert isinstance(failed, Failed)
