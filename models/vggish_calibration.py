"""What the integer network is calibrated with: patches of synthetic sounds, from faint to full scale.

Recordings would do better only if they could be shipped; these cover the range of every layer's input: silence, noise,
tones, chirps, clicks, and voices (harmonics of a gliding pitch in the rhythm of syllables), alone and mixed.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from flowrun.models.log_mel import MEL_BINS, PATCH_FRAMES, RATE_HZ, log_mel_frames

DURATION_S = 2.0  # two patches of each sound
LEVELS = (1.0, 0.1, 0.01)  # peak, full scale 1


def calibration_patches() -> NDArray[np.float32]:
    """Return log-mel patches, float32, shape (n, 96, 64), the same at every call."""
    frames = [log_mel_frames(sound.astype(np.float32)) for sound in _sounds()]
    whole = [mel[: len(mel) // PATCH_FRAMES * PATCH_FRAMES].reshape(-1, PATCH_FRAMES, MEL_BINS) for mel in frames]
    return np.concatenate(whole)


def _sounds() -> Iterator[NDArray[np.float64]]:
    random = np.random.default_rng(0)
    time_s = np.arange(int(DURATION_S * RATE_HZ)) / RATE_HZ
    white = random.uniform(-1, 1, len(time_s))
    brown = np.cumsum(random.standard_normal(len(time_s)))
    brown /= np.abs(brown).max()
    chirp = np.sin(2 * np.pi * (100 * time_s + (7500 - 100) / (2 * DURATION_S) * time_s**2))
    clicks = np.where(np.arange(len(time_s)) % 4000 < 8, 1.0, 0.0)
    voices = [_voice(time_s, pitch_hz) for pitch_hz in (110.0, 220.0, 600.0)]
    tones = [np.sin(2 * np.pi * hertz * time_s) for hertz in (200.0, 1000.0, 4000.0)]
    yield np.zeros_like(time_s)
    for level in LEVELS:
        for sound in (white, brown, chirp, clicks, *voices, *tones):
            yield level * sound
    yield 0.5 * voices[0] + 0.05 * white
    yield 0.3 * tones[1] + 0.3 * voices[2] + 0.2 * brown


def _voice(time_s: NDArray[np.float64], pitch_hz: float) -> NDArray[np.float64]:
    """Return harmonics, softer as they rise, of a pitch that glides by a tenth, four syllables a second; peak 1."""
    phase = 2 * np.pi * pitch_hz * (time_s - 0.1 / (2 * np.pi * 3) * np.cos(2 * np.pi * 3 * time_s))
    harmonics = range(1, int(RATE_HZ / 2 / (1.1 * pitch_hz)))
    sound = np.sum([np.sin(k * phase) / k for k in harmonics], axis=0) * np.sin(2 * np.pi * 2 * time_s) ** 2
    return np.asarray(sound / np.abs(sound).max())
