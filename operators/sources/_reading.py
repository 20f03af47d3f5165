"""Reading an audio file block by block, in constant memory."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from threading import Event as Flag
from typing import TYPE_CHECKING

import numpy as np

from flowrun.schemas.ports import Audio, Failed

if TYPE_CHECKING:
    import soundfile

EXTENSIONS = (
    *("wav", "wave", "flac", "ogg", "oga", "opus", "mp3", "aif", "aiff", "aifc", "au", "snd", "caf", "w64", "rf64"),
    *("bwf", "voc", "nist", "sph", "pvf", "xi", "htk", "ircam", "sds", "wve", "sd2", "avr"),
)
MIN_RATE_HZ, MAX_RATE_HZ = 100, 4_000_000
MAX_BLOCK_BYTES = 64 << 20


def rate_of(path: Path) -> int | None:
    """Return the sample rate in the header of *path*, or None where it cannot be read."""
    import soundfile

    try:
        return int(soundfile.info(str(path)).samplerate)
    except (soundfile.LibsndfileError, OSError):
        return None


def read_blocks(
    path: Path,
    *,
    stream: str,
    block_s: float,
    channel: int | None = None,
    start_s: float = 0.0,
    end_s: float | None = None,
    stopping: Flag,
) -> Iterator[Audio | Failed]:
    """Yield the audio of *path* in blocks of *block_s*; the last is marked so and may be empty.

    A file that cannot be read gives one `Failed`; one that breaks off gives what it has, a `Failed`, and a last block.
    When *stopping* is set the stream ends after the block under way.
    """
    import soundfile

    try:
        if os.path.getsize(path) == 0:
            raise ValueError("the file is empty (0 bytes)")
        file = soundfile.SoundFile(str(path))
    except (soundfile.LibsndfileError, OSError, ValueError, TypeError) as error:
        yield Failed(stream, ValueError(_reason(error)), ends_stream=True)
        return
    with file:
        fault = _fault(file, channel)
        if fault:
            yield Failed(stream, ValueError(fault), ends_stream=True)
            return
        yield from _blocks(file, stream, block_s, channel, start_s, end_s, stopping)


def _blocks(
    file: soundfile.SoundFile,
    stream: str,
    block_s: float,
    channel: int | None,
    start_s: float,
    end_s: float | None,
    stopping: Flag,
) -> Iterator[Audio | Failed]:
    import soundfile

    rate = file.samplerate
    at = round(start_s * rate)
    end = file.frames if end_s is None else min(file.frames, round(end_s * rate))
    fault = ""
    if at:
        if at >= file.frames:
            yield Failed(
                stream,
                ValueError(f"start_s {start_s:g} s is behind its end at {file.frames / rate:.2f} s"),
                ends_stream=True,
            )
            return
        file.seek(at)
    size = max(1, min(round(block_s * rate), MAX_BLOCK_BYTES // (4 * file.channels)))
    while True:
        wanted = min(size, end - at)
        try:
            frames = file.read(wanted, dtype="float32", always_2d=True)  # (n, channels)
        except soundfile.LibsndfileError as error:
            fault, frames = f"cannot be decoded after {at / rate:.2f} s: {_reason(error)}", np.empty((0, 1), np.float32)
        if not fault and len(frames) < wanted:
            there_s, promised_s = (at + len(frames)) / rate, file.frames / rate
            fault = f"is truncated: it has {there_s:.2f} s of the {promised_s:.2f} s its header promises"
        samples = frames[:, channel - 1].copy() if channel else frames.mean(axis=1, dtype=np.float32)
        if not np.isfinite(samples).all():
            fault, samples = f"has samples that are not finite numbers after {at / rate:.2f} s", samples[:0]
        last = bool(fault) or at + len(samples) >= end or stopping.is_set()
        if fault or (last and at + len(samples) >= end and end == file.frames and (fault := _cut_short(file))):
            yield Failed(stream, ValueError(fault))
        yield Audio(samples, rate, stream, at, last=last)
        at += len(samples)
        if last:
            return


def _fault(file: soundfile.SoundFile, channel: int | None) -> str:
    if not MIN_RATE_HZ <= file.samplerate <= MAX_RATE_HZ:
        return f"its header says {file.samplerate} Hz, which is no audio"
    if file.frames == 0:
        return "has no samples"
    if channel and channel > file.channels:
        return f"has {file.channels} channel{'s' * (file.channels > 1)}, so there is no channel {channel}"
    return ""


def _cut_short(file: soundfile.SoundFile) -> str:
    """Return how much a header promises beyond the end of its file; libsndfile reads up to the end in silence."""
    promised = re.search(r"^\s*(?:data|SSND)\s*:\s*(\d+)\s*\(should be (\d+)\)", file.extra_info, re.M)
    if promised and int(promised[1]) > int(promised[2]) and int(promised[1]) < 0x7FFFFFFF:
        return f"is truncated: its header promises {promised[1]} bytes of sound, {promised[2]} are there"
    return ""


def _reason(error: Exception) -> str:
    text = getattr(error, "error_string", None) or getattr(error, "strerror", None) or str(error)
    text = " ".join(str(text).split()).rstrip(".")
    if "not recognised" in text or "unknown format" in text.lower():
        return "not an audio file that libsndfile reads"
    return text
