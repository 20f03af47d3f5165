"""A broken file is one failure in one line; what it has is given, and its stream ends."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from flowrun.operators.sources._opening import probe


def wav(sound: bytes, *, promised: int | None = None, rate_hz: int = 16000, channels: int = 1, bits: int = 16) -> bytes:
    """Return a WAV file, made by hand so that its header may lie."""
    size = len(sound) if promised is None else promised
    shape = struct.pack("<IHHIIHH", 16, 1, channels, rate_hz, 2 * rate_hz & 0xFFFFFFFF, channels * bits // 8, bits)
    head = b"RIFF" + struct.pack("<I", min(size + 36, 0xFFFFFFFF)) + b"WAVEfmt " + shape
    return head + b"data" + struct.pack("<I", size) + sound


SECOND = np.zeros(16000, "<i2").tobytes()
BAD = {
    "empty": (b"", "the file is empty (0 bytes)"),
    "one byte": (b"R", "not an audio file"),
    "text": (b"hello world\n" * 100, "not an audio file that libsndfile reads"),
    "no samples": (wav(b""), "has no samples"),
    "half a header": (wav(SECOND)[:30], "Error in WAV file"),
    "4 GB promised": (wav(SECOND, promised=0xFFFFFFFF), "promises 4294967295 bytes, 32000 are there"),
    "4 GB promised, nothing there": (wav(b"", promised=4_000_000_000), "has no samples"),
    "2 GB promised": (wav(SECOND, promised=0x7FFFFFFF), "promises 2147483647 bytes, 32000 are there"),
    "2**31 Hz": (wav(SECOND, rate_hz=2**31), "its header is damaged"),
    "2**31 - 1 Hz": (wav(SECOND, rate_hz=2**31 - 1), "2147483647 Hz, which is no audio"),
    "0 Hz": (wav(SECOND, rate_hz=0), "its header is damaged"),
    "65,535 channels": (wav(SECOND, channels=65535, bits=8), "Too many channels"),
    "no channel": (wav(SECOND, channels=0), "Channel count is zero"),
    "noise": (np.random.default_rng(0).bytes(5000), "not an audio file that libsndfile reads"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_file_is_one_failure_that_says_why(tmp_path: Path, read: Callable[..., Any], what: str) -> None:
    content, message = BAD[what]
    (tmp_path / "a.wav").write_bytes(content)
    assert message in read(tmp_path / "a.wav").fault


@pytest.mark.parametrize("suffix", ["mp3", "ogg", "flac", "aiff", "opus"])
def test_text_is_no_audio_whatever_it_is_called(tmp_path: Path, read: Callable[..., Any], suffix: str) -> None:
    (tmp_path / f"a.{suffix}").write_bytes(b"hello world\n" * 500)
    assert read(tmp_path / f"a.{suffix}").fault == "not an audio file that libsndfile reads"


@pytest.mark.parametrize("part", [0.001, 0.3, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("suffix", ["wav", "w64", "rf64", "flac", "ogg", "opus", "mp3", "aiff", "au", "caf"])
def test_a_truncated_file_gives_what_it_has_and_one_failure(
    tmp_path: Path, sound: NDArray[Any], read: Callable[..., Any], suffix: str, part: float
) -> None:
    path = tmp_path / f"a.{suffix}"
    container = {"opus": "OGG"}.get(suffix, suffix.upper())
    soundfile.write(path, sound, 16000, format=container, subtype="OPUS" if suffix == "opus" else None)
    whole = read(path).samples
    data = path.read_bytes()
    path.write_bytes(data[: max(1, int(part * len(data)))])
    got = read(path)
    assert got.fault
    there = min(len(got.samples), len(whole) - 2000)  # a lossy coding ends otherwise than it goes on
    np.testing.assert_allclose(got.samples[:there], whole[:there], atol=1e-6)
    for block_s in (0.1, 10):
        np.testing.assert_array_equal(read(path, block_s).samples, got.samples)
    if suffix in ("wav", "w64", "rf64", "aiff", "au") and part >= 0.3:
        assert len(got.samples) == pytest.approx(part * len(sound), abs=100)


@pytest.mark.parametrize("strange", [np.nan, np.inf, -np.inf])
def test_samples_end_before_the_first_that_is_no_number(
    tmp_path: Path, sound: NDArray[Any], read: Callable[..., Any], strange: float
) -> None:
    broken = np.stack([sound, sound], axis=1)
    broken[20000, 1] = strange
    soundfile.write(tmp_path / "a.wav", broken, 16000, subtype="FLOAT")
    for block_s in (0.3, 10):
        got = read(tmp_path / "a.wav", block_s)
        assert got.fault == "has samples that are not finite numbers, from 1.25 s on"
        np.testing.assert_allclose(got.samples, sound[:20000], atol=1e-6)


def test_what_is_no_file_is_told_and_never_waited_for(tmp_path: Path, read: Callable[..., Any]) -> None:
    (tmp_path / "folder.wav").mkdir()
    (tmp_path / "dangling.wav").symlink_to(tmp_path / "nothing")
    (tmp_path / "loop.wav").symlink_to(tmp_path / "loop.wav")
    os.mkfifo(tmp_path / "pipe.wav")
    assert read(tmp_path / "folder.wav").fault == "is a folder"
    assert read(tmp_path / "dangling.wav").fault == "No such file or directory"
    assert read(tmp_path / "loop.wav").fault == "Too many levels of symbolic links"
    assert read(tmp_path / "pipe.wav").fault == "is a pipe or a device, not a file"
    assert probe(tmp_path / "pipe.wav") is None


def test_a_file_that_may_not_be_read_is_told(
    tmp_path: Path, read: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(path: Path, mode: str) -> None:  # root may read what has no permission
        raise PermissionError(13, "Permission denied", str(path))

    (tmp_path / "a.wav").write_bytes(wav(SECOND))
    monkeypatch.setattr("flowrun.operators.sources._opening.open", closed, raising=False)
    assert read(tmp_path / "a.wav").fault == "Permission denied"
