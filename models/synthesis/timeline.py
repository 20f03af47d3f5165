"""Where sounds lie in time, and how loud they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def silence(duration_s: float, rate_hz: int) -> NDArray[np.float64]:
    """Return zeros, float64, shape (n,), to add sounds to."""
    return np.zeros(round(duration_s * rate_hz))


def seconds(duration_s: float, rate_hz: int) -> NDArray[np.float64]:
    """Return the time of each sample, s, shape (n,)."""
    return np.arange(round(duration_s * rate_hz)) / rate_hz


def add(samples: NDArray[np.float64], sound: NDArray[np.float64], start: int) -> None:
    """Add *sound* to *samples* in place, from the sample *start* >= 0 on; what goes beyond the end is lost.

    >>> samples = np.zeros(4)
    >>> add(samples, np.ones(3), 2)
    >>> samples.tolist()
    [0.0, 0.0, 1.0, 1.0]
    """
    sound = sound[: max(0, len(samples) - start)]
    samples[start : start + len(sound)] += sound


def faded(samples: NDArray[np.float64], fade: int) -> NDArray[np.float64]:
    """Return *samples*, shape (n,), with *fade* samples rising from 0 at its start and as many falling to 0 at its end.

    >>> faded(np.ones(5), 2).tolist()
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    ramp = np.arange(len(samples)) / max(1, fade)
    out: NDArray[np.float64] = samples * np.minimum(1.0, np.minimum(ramp, ramp[::-1]))
    return out


def peaking(samples: NDArray[np.float64], level_db: float) -> NDArray[np.float32]:
    """Return *samples* as float32 with the highest peak at *level_db* dBFS, <= 0; silence stays silence.

    >>> peaking(np.array([0.0, -4.0, 2.0]), 0.0).tolist()
    [0.0, -1.0, 0.5]
    """
    peak = np.abs(samples).max(initial=0.0)
    return (samples * (10 ** (level_db / 20) / peak if peak else 0.0)).clip(-1, 1).astype(np.float32)
