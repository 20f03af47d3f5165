"""What a flow hears while it is measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from flowrun.runtime.testing.plays import BEGAN_AT
from flowrun.schemas.errors import FlowrunError
from flowrun.schemas.late import np
from flowrun.schemas.ports import Audio

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE_HZ = 16000  # where the flow does not say
NOISE_DB = -45.0
PAUSE_S = 1.0


def sound_of(file: Path | None, rate_hz: int | None) -> tuple[NDArray[np.float32], int]:
    """Return the sound in *file*, else one of ours, and its rate: *rate_hz*, or where None its own.

    Raises:
        FlowrunError: the file is no audio.
    """
    if file is None:
        return made(rate_hz or RATE_HZ), rate_hz or RATE_HZ
    import soundfile

    try:
        frames, own_hz = soundfile.read(str(file), dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise FlowrunError(f"{file}: {error.error_string}") from None
    samples: NDArray[np.float32] = frames.mean(axis=1)
    if not len(samples):
        raise FlowrunError(f"{file}: has no samples")
    if rate_hz is None or rate_hz == own_hz:
        return samples, own_hz
    import soxr

    return np.asarray(soxr.resample(samples, own_hz, rate_hz), np.float32), rate_hz


def made(rate_hz: int) -> NDArray[np.float32]:
    """Return breaking glass, an alarm, a siren, knocks and tones, with pauses, in noise; shape (n,)."""
    from flowrun.models.signals import noise
    from flowrun.models.synthesis.catalogue import Kind, sound

    kinds: tuple[Kind, ...] = ("glass", "alarm", "siren", "knocks", "tones")
    pause = np.zeros(round(PAUSE_S * rate_hz), np.float32)
    parts = [part for kind in kinds for part in (pause, sound(kind, 0, 0, rate_hz))]
    samples = np.concatenate(parts)
    mixed: NDArray[np.float32] = samples + noise(len(samples) / rate_hz, rate_hz, NOISE_DB, seed=0)
    return mixed.clip(-1, 1)


def looped(
    samples: NDArray[np.float32], rate_hz: int, stream: str, block_s: float, blocks: int, begins: Callable[[int], None]
) -> Iterator[Audio]:
    """Yield so many blocks of *samples*, over and over; *begins* is told the number of each before it comes."""
    size = max(1, round(block_s * rate_hz))
    for number in range(blocks):
        start = number * size
        block = samples.take(range(start, start + size), mode="wrap")
        at = BEGAN_AT + timedelta(seconds=start / rate_hz)
        begins(number)
        yield Audio(block, rate_hz, stream, start, at, last=number == blocks - 1)
