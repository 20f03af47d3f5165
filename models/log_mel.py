"""VGGish's front end: from samples at 16 kHz to log-mel frames.

A frame is 25 ms, periodic Hann window, FFT of 512; frames stand 10 ms apart; 64 mel bins from 125 to 7500 Hz on the HTK
mel scale; the logarithm of magnitude + 0.01. Computed in float32, in groups of frames that stay in the cache.

Source: vggish_params.py and mel_features.py of the VGGish release.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from flowrun.models.framing import framed
from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Fft = Callable[[NDArray[np.float32]], NDArray[Any]]


RATE_HZ = 16000
FRAME_SAMPLES = 400  # 25 ms
HOP_SAMPLES = 160  # 10 ms
FFT_SIZE = 512
MEL_BINS = 64
MIN_HZ = 125.0
MAX_HZ = 7500.0
LOG_OFFSET = 0.01
PATCH_FRAMES = 96  # 0.96 s
LOG_MEL = "log_mel"  # what features made here are called
GROUP_FRAMES = 256  # spectra of 256 frames, 0.5 MB, stay in the second-level cache
SCIPY_AFTER_SAMPLES = 60 * RATE_HZ


def hz_to_mel(frequency_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the HTK mel of a frequency: 1127 ln(1 + f / 700).

    >>> hz_to_mel(np.array([700.0])).round(3).tolist()
    [781.177]
    """
    return 1127.0 * np.log1p(frequency_hz / 700.0)


@cache
def _bands() -> tuple[tuple[slice, slice, NDArray[np.float32]], ...]:
    """Return the mel filters in groups of 16: their spectrum bins, their mel bins, weights (bins, 16).

    Each group touches a quarter of the spectrum, so this is a third of the work of one full matrix.
    """
    bins = hz_to_mel(np.linspace(0.0, RATE_HZ / 2, FFT_SIZE // 2 + 1))
    low, high = hz_to_mel(np.array([MIN_HZ, MAX_HZ]))
    edges = np.linspace(low, high, MEL_BINS + 2)
    rise = (bins[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - bins[:, None]) / (edges[2:] - edges[1:-1])
    weights = np.maximum(0.0, np.minimum(rise, fall)).astype(np.float32)  # (257, 64)
    bands = []
    for start in range(0, MEL_BINS, 16):
        mel = slice(start, start + 16)
        used = np.flatnonzero(weights[:, mel].any(axis=1))
        spectrum = slice(int(used[0]), int(used[-1]) + 1)
        bands.append((spectrum, mel, np.ascontiguousarray(weights[spectrum, mel])))
    return tuple(bands)


@cache
def _window() -> NDArray[np.float64]:
    # In float64: rounding the window to float32 alone moves quiet bins beside a full-scale tone by 1e-4.
    window: NDArray[np.float64] = 0.5 - 0.5 * np.cos(2 * np.pi / FRAME_SAMPLES * np.arange(FRAME_SAMPLES))
    return window


def log_mel_frames(samples: NDArray[np.float32], fft: Fft | None = None) -> NDArray[np.float32]:
    """Return the log-mel frames that lie wholly inside *samples*.

    Args:
        samples: float32, shape (n,), 16 kHz, full scale [-1, 1].
        fft: The real FFT along the last axis; NumPy's where none is given.

    Returns:
        float32, shape (max(0, 1 + (n - 400) // 160), 64).

    >>> log_mel_frames(np.zeros(720, np.float32)).shape
    (3, 64)
    """
    fft = fft or np.fft.rfft
    if len(samples) < FRAME_SAMPLES:
        return np.empty((0, MEL_BINS), np.float32)
    frames = framed(samples, FRAME_SAMPLES, HOP_SAMPLES)  # (frames, 400)
    out = np.empty((len(frames), MEL_BINS), np.float32)
    group_frames = min(GROUP_FRAMES, len(frames))
    padded = np.zeros((group_frames, FFT_SIZE), np.float32)
    magnitude = np.empty((group_frames, FFT_SIZE // 2 + 1), np.float32)
    for start in range(0, len(frames), GROUP_FRAMES):
        group = frames[start : start + GROUP_FRAMES]
        count = len(group)
        np.multiply(group, _window(), out=padded[:count, :FRAME_SAMPLES], casting="same_kind")
        np.abs(fft(padded[:count]), out=magnitude[:count])
        log_mel = out[start : start + count]
        for spectrum, mel, weights in _bands():
            np.matmul(magnitude[:count, spectrum], weights, out=log_mel[:, mel])
        log_mel += np.float32(LOG_OFFSET)
        np.log(log_mel, out=log_mel)
    return out


class FrontEnd:
    """`log_mel_frames` with the FFT that pays: NumPy's, then SciPy's, twice as fast, once it is worth its import."""

    def __init__(self) -> None:
        self._samples = 0

    def __call__(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the log-mel frames of *samples*; see `log_mel_frames`."""
        self._samples += len(samples)
        if self._samples < SCIPY_AFTER_SAMPLES:
            return log_mel_frames(samples)
        from scipy.fft import rfft

        return log_mel_frames(samples, rfft)
