"""A spectrogram that is made while it is heard: mel frames in dB, as bytes, for who draws them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from flowrun.models.framing import Framer
from flowrun.models.log_mel import MAX_HZ, MEL_BINS, MIN_HZ, hz_to_mel
from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FRAME_S = 0.04
HOP_S = 0.02
FLOOR_DB = -80.0


class RollingSpectrogram:
    """Makes frames of a stream that comes in blocks of any size; a sine of full scale has about 0 dB.

    >>> rolling = RollingSpectrogram(16000)
    >>> start_s, frames = rolling(np.zeros(1600, np.float32), 16000)  # a tenth of a second, from the second one on
    >>> start_s, frames.shape, int(frames.max())
    (1.0, (4, 64), 0)
    """

    def __init__(self, rate_hz: int) -> None:
        self.rate_hz = rate_hz
        self._frame = max(2, round(FRAME_S * rate_hz))
        self._hop = max(1, round(HOP_S * rate_hz))
        window = 0.5 - 0.5 * np.cos(2 * np.pi / self._frame * np.arange(self._frame))
        self._window = (window * 2 / window.sum()).astype(np.float32)
        self._next = -1  # the sample to come next

    def __call__(self, samples: NDArray[np.float32], start_sample: int) -> tuple[float, NDArray[np.uint8]]:
        """Return when the first frame begins, s, and the frames that *samples*, shape (n,), complete.

        The frames are of shape (frames, MEL_BINS), the lowest bin first: 0 is `FLOOR_DB` or less, 255 is 0 dB.
        """
        if start_sample != self._next:
            self._first, self._frames = start_sample, Framer(self._frame, self._hop)
        self._next = start_sample + len(samples)
        at = self._first + self._frames.count * self._hop
        spectra = np.fft.rfft(self._frames(samples) * self._window)
        power = (np.square(spectra.real) + np.square(spectra.imag)) @ _weights(self.rate_hz, self._frame)
        level_db = 10 * np.log10(np.maximum(power, 10 ** (FLOOR_DB / 10)))
        scaled = np.rint((level_db / -FLOOR_DB + 1) * 255)
        return at / self.rate_hz, np.clip(scaled, 0, 255).astype(np.uint8)


@cache
def _weights(rate_hz: int, frame: int) -> NDArray[np.float32]:
    """Return what each bin of a spectrum gives to each mel bin, shape (frame // 2 + 1, MEL_BINS).

    A mel bin is a triangle that reaches to the centres of its neighbours, and at least to the next bin on either side.
    """
    bins_hz = np.linspace(0, rate_hz / 2, frame // 2 + 1)
    low, high = hz_to_mel(np.array([MIN_HZ, MAX_HZ]))
    centres_hz = 700 * np.expm1(np.linspace(low, high, MEL_BINS + 2)[1:-1] / 1127.0)  # the inverse of hz_to_mel
    reach_hz = np.maximum(np.gradient(centres_hz), bins_hz[1])
    weights: NDArray[np.float32] = (1 - np.abs(bins_hz[:, None] - centres_hz) / reach_hz).clip(0).astype(np.float32)
    return weights
