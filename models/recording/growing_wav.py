"""A WAV file of 32-bit floats that is complete after each block: its header tells what is there."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING

from flowrun.models.recording.growing_file import GrowingFile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

IEEE_FLOAT = 3  # the format's code in WAVE
HEADER = struct.Struct("<4sI4s 4sIHHIIHHH 4sII 4sI")  # RIFF, fmt with an extension of no bytes, fact, data
RIFF_SIZE, FACT_SIZE, DATA_SIZE = 4, 46, 54  # where the header tells the bytes, the samples and the bytes again


def header(rate_hz: int, samples: int) -> bytes:
    """Return what comes before *samples* mono samples."""
    count = 4 * samples
    form = (b"fmt ", 18, IEEE_FLOAT, 1, rate_hz, 4 * rate_hz, 4, 32, 0)
    return HEADER.pack(b"RIFF", HEADER.size - 8 + count, b"WAVE", *form, b"fact", 4, samples, b"data", count)


class GrowingWav:
    """A new mono file of *rate_hz*, as exact as the samples are.

    Raises:
        OSError: it cannot be made, or is there already.
    """

    def __init__(self, path: Path, rate_hz: int) -> None:
        self.path, self.rate_hz = path, rate_hz
        self._file = GrowingFile(path)
        try:
            self._file.append(header(rate_hz, 0))
        except OSError:
            self._file.close()
            path.unlink()
            raise

    @property
    def samples(self) -> int:
        """How many samples it has."""
        return (self._file.size - HEADER.size) // 4

    def append(self, samples: NDArray[np.float32]) -> int:
        """Add *samples*, shape (n,), bit by bit; return where in the file they begin.

        Raises:
            OSError: the disk does not take them.
        """
        at = self.samples
        self._file.append(samples.astype("<f4", copy=False).tobytes())
        told = header(self.rate_hz, self.samples)
        for place in (RIFF_SIZE, FACT_SIZE, DATA_SIZE):
            self._file.replace(place, told[place : place + 4])
        return at

    def sync(self) -> None:
        """Have what was added survive a power failure."""
        self._file.sync()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
