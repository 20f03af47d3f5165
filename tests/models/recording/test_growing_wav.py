"""A file that grows is good at every moment, and holds every bit."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile

from flowrun.models.recording.growing_file import GrowingFile
from flowrun.models.recording.growing_wav import GrowingWav

STRANGE = np.array([0.1, np.nan, -0.0, np.inf, 2.5, 1e-40, -1.0], np.float32)


@contextmanager
def room(count: int) -> Iterator[None]:
    """Let no file of this process become larger than *count* bytes: a write is cut there."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (count, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_others_can_read_it_after_each_block_bit_by_bit(tmp_path: Path) -> None:
    wav = GrowingWav(tmp_path / "a.wav", 44100)
    assert [wav.append(STRANGE), wav.append(STRANGE[:2])] == [0, 7]
    samples, rate_hz = soundfile.read(tmp_path / "a.wav", dtype="float32")
    assert rate_hz == 44100
    assert samples.tobytes() == STRANGE.tobytes() + STRANGE[:2].tobytes()
    wav.close()


def test_a_block_that_the_disk_refuses_leaves_nothing_and_the_next_follows_the_one_before(tmp_path: Path) -> None:
    wav = GrowingWav(tmp_path / "a.wav", 16000)
    wav.append(np.ones(100, np.float32))
    with room(1000), pytest.raises(OSError, match="too large"):
        wav.append(np.full(1000, 0.5, np.float32))
    assert wav.append(np.zeros(10, np.float32)) == 100
    wav.close()
    samples, _ = soundfile.read(tmp_path / "a.wav", dtype="float32")
    np.testing.assert_array_equal(samples, np.r_[np.ones(100), np.zeros(10)])


def test_a_line_that_the_disk_refuses_leaves_nothing(tmp_path: Path) -> None:
    log = GrowingFile(tmp_path / "log")
    log.append(b"one\n")
    with room(6), pytest.raises(OSError, match="too large"):
        log.append(b"two\n")
    log.append(b"three\n")
    log.close()
    assert (tmp_path / "log").read_bytes() == b"one\nthree\n"


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        GrowingWav(tmp_path / "a.wav", 16000)
    assert (tmp_path / "a.wav").read_bytes() == b"mine"
