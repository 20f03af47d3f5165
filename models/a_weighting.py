"""The A curve: how loud a sound of each frequency seems to people, at moderate levels."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray


TAIL_S = 0.2  # the slowest poles, 20.6 Hz, have decayed by 220 dB
FLOOR = 1e-6  # gain below which the curve is flat: it falls to 0 at 0 Hz


def a_weighting(frequency_hz: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the gain of the A curve, 1 at 1 kHz.

    Source: IEC 61672-1:2013, annex E.

    >>> (20 * np.log10(a_weighting(np.array([100.0, 1000.0, 10000.0])))).round(1).tolist()
    [-19.1, 0.0, -2.5]
    """
    f = np.square(frequency_hz)
    curve: NDArray[np.floating] = (
        12194.217**2
        * f**2
        / ((f + 20.598997**2) * np.sqrt((f + 107.65265**2) * (f + 737.86223**2)) * (f + 12194.217**2))
    )
    return curve * np.float64(10 ** (2.0 / 20))


@cache
def impulse_response(rate_hz: int) -> NDArray[np.float64]:
    """Return the minimum-phase filter that has the gain of the A curve up to half the rate, shape (taps,).

    Minimum phase, so that it answers at once: a sound is measured in the window in which it is.

    Source: Oppenheim and Schafer, Discrete-Time Signal Processing, 3rd edition, section 13.5 (by the cepstrum).
    """
    size = 1 << (2 * rate_hz).bit_length()  # > 2 s: the cepstrum has decayed
    gain = np.maximum(a_weighting(np.fft.rfftfreq(size, 1 / rate_hz)), FLOOR)
    cepstrum = np.fft.irfft(np.log(gain), size)
    cepstrum[1 : size // 2] *= 2
    cepstrum[size // 2 + 1 :] = 0
    response = np.fft.irfft(np.exp(np.fft.rfft(cepstrum)), size)
    return np.asarray(response[: max(1, round(TAIL_S * rate_hz))])


class AFilter:
    """Weighs a stream that comes in blocks; block by block gives what the whole gives.

    >>> x = np.random.default_rng(0).standard_normal(4000)
    >>> blocks, whole = AFilter(8000), AFilter(8000)
    >>> np.allclose(np.concatenate([blocks(x[:1000]), blocks(x[1000:])]), whole(x))
    True
    """

    def __init__(self, rate_hz: int) -> None:
        self._response = impulse_response(rate_hz)
        self._before = np.zeros(len(self._response) - 1)

    def __call__(self, samples: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return *samples*, shape (n,), weighted: float64, the same shape."""
        heard = np.concatenate([self._before, samples])
        weighted = np.fft.irfft(np.fft.rfft(heard) * np.fft.rfft(self._response, len(heard)), len(heard))
        self._before = heard[len(samples) :]
        return np.asarray(weighted[len(self._response) - 1 :])
