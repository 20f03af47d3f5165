"""FLAC takes the place of WAV where it gives the same samples, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from flowrun.models.recording.compaction import compacted
from flowrun.models.recording.growing_wav import GrowingWav

NOISE = np.random.default_rng(0).integers(-(2**23), 2**23, 5000)


@pytest.mark.parametrize(
    ("samples", "rate_hz", "subtype"),
    [
        (NOISE // 256 / 2**15, 16000, "PCM_16"),
        (NOISE / 2**23, 48000, "PCM_24"),
        (NOISE / 3e7, 16000, "FLOAT"),  # resampled, say
        (NOISE // 256 / 2**15, 1_000_000, "FLOAT"),  # FLAC knows no such rate
        (np.r_[NOISE / 2**23, 1.0], 16000, "FLOAT"),  # over full scale
        (np.r_[NOISE / 2**23, np.nan], 16000, "FLOAT"),
        (np.zeros(0), 16000, "FLOAT"),
    ],
)
def test_the_samples_are_the_same_bit_by_bit(
    tmp_path: Path, samples: np.ndarray[tuple[int], np.dtype[np.float64]], rate_hz: int, subtype: str
) -> None:
    heard = samples.astype(np.float32)
    wav = GrowingWav(tmp_path / "a.wav", rate_hz)
    wav.append(heard)
    wav.close()
    path = compacted(wav.path)
    assert list(tmp_path.iterdir()) == [path]
    assert soundfile.info(path).subtype == subtype
    again, rate_again = soundfile.read(path, dtype="float32")
    assert (again.tobytes(), rate_again) == (heard.tobytes(), rate_hz)
