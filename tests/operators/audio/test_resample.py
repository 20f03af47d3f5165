"""`resample` gives the same samples however the audio was cut into blocks."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from flowrun.models.signals import noise, tone
from flowrun.operators.audio.resample import resample, stream_of
from flowrun.schemas.ports import Audio, Failed

RESAMPY = pytest.mark.skipif(not importlib.util.find_spec("resampy"), reason="the extra `resampy` is not installed")
QUALITIES = ["soxr_hq", "soxr_vhq", *(pytest.param(q, marks=RESAMPY) for q in ("kaiser_best", "kaiser_fast"))]
RATES = [44100, 48000, 22050, 32000, 8000]


def whole(samples: NDArray[np.float32], source_hz: int, rate_hz: int, quality: str) -> NDArray[Any]:
    if quality.startswith("soxr"):
        import soxr

        return np.asarray(soxr.resample(samples, source_hz, rate_hz, quality[5:].upper()))
    import resampy

    return np.asarray(resampy.resample(samples, source_hz, rate_hz, filter=quality))


@pytest.mark.parametrize("quality", QUALITIES)
@pytest.mark.parametrize("rate_hz", RATES)
def test_blocks_give_what_the_whole_file_gives(
    play: Callable[..., list[Any]], blocks: Callable[..., list[Audio]], rate_hz: int, quality: str
) -> None:
    samples = noise(1.0, rate_hz, -20, seed=1)[: rate_hz - 7]
    expected = whole(samples, rate_hz, 16000, quality)
    for cuts in (len(samples), 1600, [1, 2, 500, 501, 9000]):
        got = play(resample, blocks(samples, cuts, rate_hz=rate_hz), quality=quality)
        joined = np.concatenate([block.samples for block in got])
        assert joined.dtype == np.float32
        assert len(joined) == len(expected)
        np.testing.assert_allclose(joined, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("quality", QUALITIES)
def test_blocks_follow_one_another_and_the_last_is_marked(
    play: Callable[..., list[Any]], blocks: Callable[..., list[Audio]], quality: str
) -> None:
    source = blocks(tone(1.0, 44100, -20, 1000), 4410, rate_hz=44100, start=44100)
    got = play(resample, source, quality=quality)
    assert got[0].start_sample == 16000
    assert all(b.start_sample == a.start_sample + len(a.samples) for a, b in pairwise(got))
    assert [block.last for block in got] == [False] * (len(got) - 1) + [True]
    assert {block.began_at for block in got} == {source[0].began_at}
    power = np.mean(np.square(np.concatenate([b.samples for b in got])[2000:-2000]))
    assert 10 * np.log10(power) == pytest.approx(-20, abs=0.05)  # a tone in the pass band keeps its level


@pytest.mark.parametrize("quality", QUALITIES)
@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_a_few_samples_are_no_error(
    play: Callable[..., list[Any]], blocks: Callable[..., list[Audio]], quality: str, count: int
) -> None:
    (got,) = play(resample, blocks(np.ones(count), max(count, 1) if count else [], rate_hz=44100), quality=quality)
    assert got.last
    assert len(got.samples) <= 2


def test_audio_at_the_rate_passes_untouched(play: Callable[..., list[Any]], blocks: Callable[..., list[Audio]]) -> None:
    source = blocks(noise(0.1, 16000, -20, seed=0), 100)
    assert play(resample, source) == source


def test_a_rate_that_changes_inside_a_stream_is_refused(
    play: Callable[..., list[Any]], blocks: Callable[..., list[Audio]]
) -> None:
    first, second = blocks(np.zeros(2000), 1000, rate_hz=44100)
    for rate_hz in (48000, 16000):
        *_, failed = play(resample, [first, replace(second, rate_hz=rate_hz)])
        assert isinstance(failed, Failed)
        assert str(failed.error) == f"the rate changed from 44100 to {rate_hz} Hz inside a stream"


def test_a_gap_starts_anew_at_its_own_time(play: Callable[..., list[Any]], blocks: Callable[..., list[Audio]]) -> None:
    before, after = blocks(tone(2.0, 48000, -20, 440), 48000, rate_hz=48000)
    after = replace(after, gap=True, start_sample=96000)
    _, got = play(resample, [before, after])
    assert (got.gap, got.start_sample) == (True, 32000)
    np.testing.assert_allclose(got.samples, whole(after.samples, 48000, 16000, "soxr_hq"), atol=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(RATES), st.lists(st.integers(0, 6000), max_size=12))
def test_any_cut_gives_the_same_samples(rate_hz: int, cuts: list[int]) -> None:
    samples = np.random.default_rng(0).uniform(-1, 1, 6000).astype(np.float32)
    parts = np.split(samples, sorted(cuts))
    stream = stream_of(rate_hz, 16000, "soxr_hq")
    got = np.concatenate([stream(part, i == len(parts) - 1) for i, part in enumerate(parts)])
    np.testing.assert_allclose(got, whole(samples, rate_hz, 16000, "soxr_hq"), atol=1e-6)


def test_no_resampler_is_imported_before_it_is_needed() -> None:
    code = (
        "import sys, numpy as np, reactivex\n"
        "from flowrun.operators.audio.resample import resample\n"
        "from flowrun.schemas.ports import Audio\n"
        "resample(reactivex.of(Audio(np.zeros(9, np.float32), 16000, 's', last=True))).subscribe()\n"
        "sys.exit(bool({'soxr', 'numba', 'resampy', 'scipy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
