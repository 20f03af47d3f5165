"""The spectrogram of a stream of any length, in a fixed amount of memory.

A column holds the loudest of the spectra that fall on it. When all columns are full, two neighbours become one, and
from then on a column covers twice the time: an hour has as many columns as half a minute has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.models.framing import Framer
from flowrun.models.picture.mel_axis import row_weights
from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FRAME_S = 0.04  # tells harmonics 50 Hz apart, and a click from the next 40 ms later
HOP_S = 0.01
ROWS = 320
COLUMNS = 2400  # even; once there are so many, never fewer than half: more than a picture has pixels
GROUP_FRAMES = 256  # spectra computed at a time: few enough for the cache, whatever the size of a block
FLOOR_DB = -120.0


class Spectrogram:
    """Gathers the power of mel rows over time; a sine of full scale has about 0 dB.

    >>> sound = Spectrogram(8000, columns=4)
    >>> sound.add(np.ones(480, np.float32), 0)  # 60 ms: 6 frames
    >>> sound.finish()
    >>> sound.duration_s, sound.column_s, sound.levels_db().shape
    (0.06, 0.02, (3, 320))
    """

    def __init__(self, rate_hz: int, columns: int = COLUMNS) -> None:
        self.rate_hz = rate_hz
        self._frame = max(2, round(FRAME_S * rate_hz))
        self._hop = max(1, round(HOP_S * rate_hz))
        window = 0.5 - 0.5 * np.cos(2 * np.pi / self._frame * np.arange(self._frame))
        self._window = (window * 2 / window.sum()).astype(np.float32)
        self._power = np.zeros((columns, ROWS), np.float32)
        self._frames_per_column = 1
        self._next = self._end = 0  # the sample to come next, and that after the last
        self._begin(0)

    @property
    def duration_s(self) -> float:
        """Where the sound ends, s."""
        return self._end / self.rate_hz

    @property
    def column_s(self) -> float:
        """Duration of a column, s."""
        return self._frames_per_column * self._hop / self.rate_hz

    def levels_db(self) -> NDArray[np.float32]:
        """Return the columns so far, shape (columns, ROWS), dB, the lowest frequency first."""
        used = -(-self._end // (self._hop * self._frames_per_column))
        return 10 * np.log10(np.maximum(self._power[:used], np.float32(10 ** (FLOOR_DB / 10))))

    def add(self, samples: NDArray[np.float32], start_sample: int) -> None:
        """Take the samples, shape (n,), that begin at *start_sample*; where some are missing there is silence."""
        if start_sample != self._next:
            self.finish()
            self._begin(start_sample)
        self._heard += len(samples)
        self._next = start_sample + len(samples)
        self._end = max(self._end, self._next)
        self._place(self._frames(samples))

    def finish(self) -> None:
        """Complete the last columns: nothing follows."""
        missing = -(-self._heard // self._hop) - self._frames.count
        if missing > 0:
            size = (missing - 1) * self._hop + self._frame
            self._place(self._frames(np.zeros(max(0, size - len(self._frames.rest)), np.float32)))

    def _begin(self, start_sample: int) -> None:
        self._first = start_sample // self._hop
        self._heard = 0
        self._frames = Framer(self._frame, self._hop)
        self._frames(np.zeros((self._frame - self._hop) // 2, np.float32))  # a frame lies in the middle of its hop

    def _place(self, frames: NDArray[np.float32]) -> None:
        first = self._first + self._frames.count - len(frames)
        for i in range(0, len(frames), GROUP_FRAMES):
            spectra = np.fft.rfft(frames[i : i + GROUP_FRAMES] * self._window)
            power = np.square(spectra.real) + np.square(spectra.imag)
            self._keep(first + i, power @ row_weights(self.rate_hz, self._frame, ROWS))

    def _keep(self, first: int, power: NDArray[np.float32]) -> None:
        """Put the rows of consecutive frames into their columns."""
        while (first + len(power) - 1) // self._frames_per_column >= len(self._power):
            self._halve()
        columns = np.arange(first, first + len(power)) // self._frames_per_column
        starts = np.flatnonzero(np.diff(columns, prepend=-1))
        loudest = np.maximum.reduceat(power, starts)
        self._power[columns[starts]] = np.maximum(self._power[columns[starts]], loudest)

    def _halve(self) -> None:
        half = len(self._power) // 2
        self._power[:half] = np.maximum(self._power[::2], self._power[1::2])
        self._power[half:] = 0
        self._frames_per_column *= 2
