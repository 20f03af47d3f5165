"""The front end equals VGGish's, with any FFT, however the samples are grouped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.fft

from flowrun.models import log_mel
from flowrun.models.log_mel import FrontEnd, log_mel_frames
from flowrun.models.signals import noise, silence, tone


@pytest.mark.parametrize("signal", ["sine_1khz", "noise_seed0", "chirp", "silence", "odd_length"])
def test_frames_equal_the_reference(shared: Path, signal: str) -> None:
    with np.load(shared / "reference" / "log_mel_golden.npz") as reference:
        samples, expected = reference[f"{signal}_samples"], reference[f"{signal}_log_mel"]
    got = log_mel_frames(samples.astype(np.float32))
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-4)


def test_scipys_fft_in_single_precision_shows_only_in_quiet_bins_beside_a_loud_tone() -> None:
    loud, broad = tone(1.0, 16000, -3.02, 1000), noise(1.0, 16000, -20, seed=0)
    for samples, error in ((broad, 5e-6), (0.1 * loud + broad, 5e-6), (loud, 1e-3)):
        fast, precise = log_mel_frames(samples, scipy.fft.rfft), log_mel_frames(samples)
        np.testing.assert_allclose(fast, precise, rtol=0, atol=error)


@pytest.mark.parametrize(("samples", "frames"), [(0, 0), (399, 0), (400, 1), (559, 1), (560, 2), (16000, 98)])
def test_only_whole_frames_count(samples: int, frames: int) -> None:
    assert log_mel_frames(np.zeros(samples, np.float32)).shape == (frames, 64)


def test_silence_is_the_offset_and_a_tone_lies_in_its_band() -> None:
    np.testing.assert_allclose(log_mel_frames(silence(1.0, 16000)), np.log(0.01), atol=1e-6)
    low, high = log_mel.hz_to_mel(np.array([125.0, 7500.0]))
    edges = np.linspace(low, high, 66)
    for frequency_hz in (200.0, 1000.0, 6000.0):
        band = int(np.abs(edges[1:-1] - log_mel.hz_to_mel(np.array([frequency_hz]))).argmin())
        frames = log_mel_frames(tone(1.0, 16000, -20, frequency_hz))
        assert abs(int(frames.mean(axis=0).argmax()) - band) <= 1


def test_groups_of_frames_do_not_show() -> None:
    samples = noise(4.0, 16000, -20, seed=0)  # 398 frames: a group and a part of one
    frames = log_mel_frames(samples)
    np.testing.assert_allclose(frames[250:260], log_mel_frames(samples[250 * 160 : 259 * 160 + 400]), atol=1e-5)


def test_the_faster_fft_takes_over_in_mid_stream_unheard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_mel, "SCIPY_AFTER_SAMPLES", 24000)
    samples, front_end = noise(1.0, 16000, -20, seed=0), FrontEnd()
    first, second = front_end(samples), front_end(samples)
    np.testing.assert_allclose(first, second, atol=1e-5)
