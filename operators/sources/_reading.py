"""Reading an audio file block by block, in constant memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from threading import Event as Flag
from typing import TYPE_CHECKING

from flowrun.operators.sources._opening import check_header, opened, reason
from flowrun.operators.sources._truncation import cut_short, knows_length
from flowrun.schemas.late import np
from flowrun.schemas.ports import Audio, Failed

if TYPE_CHECKING:
    import soundfile
    from numpy.typing import NDArray

MAX_BLOCK_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Cut:
    """What is read of a file, and in blocks of what length; *channel* counts from 1, None mixes all."""

    block_s: float
    channel: int | None = None
    start_s: float = 0.0
    end_s: float | None = None


def read_blocks(path: Path, stream: str, cut: Cut, stopping: Flag) -> Iterator[Audio | Failed]:
    """Yield the audio of *path* in blocks; the last is marked so and may be empty.

    A file that cannot be read gives one `Failed`; one that breaks off gives what it has and one `Failed`, before its
    last block. When *stopping* is set the stream ends after the block under way.
    """
    begun = False
    try:
        with opened(path) as file:
            check_header(file, cut.channel)
            for block, fault in _blocks(file, path, stream, cut, stopping):
                if fault and not begun and not len(block.samples):
                    raise ValueError(fault)
                if fault:
                    yield Failed(stream, ValueError(fault))
                yield block
                begun = True
    except ValueError as error:
        yield Failed(stream, error, ends_stream=True)


def _blocks(
    file: soundfile.SoundFile, path: Path, stream: str, cut: Cut, stopping: Flag
) -> Iterator[tuple[Audio, str]]:
    """Yield each block, and what is wrong with it: a fault ends the stream."""
    rate = file.samplerate
    exact = knows_length(file, path)
    at = _start(file, cut.start_s)
    end = file.frames if cut.end_s is None else min(file.frames, round(cut.end_s * rate))
    size = max(1, min(round(cut.block_s * rate), MAX_BLOCK_BYTES // (4 * file.channels)))
    last = False
    while not last:
        wanted = min(size, end - at)
        samples, fault = _read(file, wanted, at, cut.channel)
        next_at = at + len(samples)
        short = len(samples) < wanted
        last = short or next_at >= end or stopping.is_set()
        if short and exact and not fault:
            fault = f"is truncated: it has {next_at / rate:.2f} s of the {file.frames / rate:.2f} s its header promises"
        elif short or next_at >= file.frames:
            fault = fault or cut_short(file, path)
        yield Audio(samples, rate, stream, at, last=last), fault
        at = next_at


def _start(file: soundfile.SoundFile, start_s: float) -> int:
    """Go to *start_s*; return the sample there.

    Raises:
        ValueError: it is behind the end, or the file does not let it be reached.
    """
    import soundfile

    at = round(start_s * file.samplerate)
    if at >= file.frames:
        raise ValueError(f"start_s {start_s:g} s is behind its end at {file.frames / file.samplerate:.2f} s")
    try:
        return int(file.seek(at)) if at else 0
    except soundfile.LibsndfileError as error:
        raise ValueError(f"start_s {start_s:g} s cannot be reached: {reason(error)}") from None


def _read(file: soundfile.SoundFile, wanted: int, at: int, channel: int | None) -> tuple[NDArray[np.float32], str]:
    """Return up to *wanted* samples, and what stopped the reading, if anything did."""
    import soundfile

    fault = ""
    frames = np.empty((wanted, file.channels), np.float32)
    try:
        frames = file.read(out=frames)
    except soundfile.LibsndfileError as error:
        read = max(0, min(wanted, file.tell() - at))  # these were decoded before it failed
        frames = frames[:read]
        fault = f"cannot be decoded after {(at + read) / file.samplerate:.2f} s: {reason(error)}"
    with np.errstate(invalid="ignore", over="ignore"):
        mixed = frames[:, channel - 1] if channel else reduce(np.add, frames.T) / np.float32(file.channels)
    strange = np.flatnonzero(~np.isfinite(mixed))
    if len(strange):
        mixed = mixed[: strange[0]]
        fault = f"has samples that are not finite numbers, from {(at + len(mixed)) / file.samplerate:.2f} s on"
    return np.ascontiguousarray(mixed), fault
