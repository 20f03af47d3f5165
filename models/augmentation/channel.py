"""What happens to a sound between its source and a file: speed, room, microphone, noise, level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowrun.models.augmentation.noise import coloured_noise
from flowrun.models.augmentation.room import room_response
from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Channel:
    """How often each change is made, as a share of the sounds, and how far it goes.

    untouched: share of the sounds that stay as they are. speed: how far the speed changes, as a factor above 1.
    filter_db: spread of the random frequency response. noise_db: range of the signal-to-noise ratio. level_db: range of
    the peak, against full scale. silence: share of sounds that lose a piece.
    """

    untouched: float = 0.15
    speed: float = 0.3
    speed_factor: float = 1.25
    filter: float = 0.5
    filter_db: float = 6.0
    reverb: float = 0.4
    noise: float = 0.3
    noise_db: tuple[float, float] = (0.0, 45.0)
    silence: float = 0.1
    level: float = 0.8
    level_db: tuple[float, float] = (-45.0, 0.0)

    def __call__(self, samples: NDArray[np.float32], rate_hz: int, random: np.random.Generator) -> NDArray[np.float32]:
        """Return *samples*, shape (n,), as something else might have recorded them; the shape stays the same."""
        chances = random.random(7)
        if not len(samples) or chances[0] < self.untouched:
            return samples
        if chances[1] < self.speed:
            samples = _faster(samples, rate_hz, float(np.exp(random.uniform(-1, 1) * np.log(self.speed_factor))))
        if chances[2] < self.reverb:
            samples = _convolved(samples, room_response(rate_hz, random))
        if chances[3] < self.filter:
            samples = filtered(samples, rate_hz, random, self.filter_db)
        if chances[4] < self.noise:
            samples = samples + _noise(samples, random, random.uniform(*self.noise_db))
        if chances[5] < self.silence:
            samples = _interrupted(samples, random)
        if chances[6] < self.level:
            peak = max(1e-6, float(np.abs(samples).max()))
            samples = samples * np.float32(10 ** (random.uniform(*self.level_db) / 20) / peak)
        return np.clip(samples, -1, 1).astype(np.float32, copy=False)


def filtered(
    samples: NDArray[np.float32], rate_hz: int, random: np.random.Generator, spread_db: float
) -> NDArray[np.float32]:
    """Return *samples* through a random, smooth frequency response: normal draws at nine frequencies from 60 Hz up."""
    spectrum = np.fft.rfft(samples)
    frequencies = np.fft.rfftfreq(len(samples), 1 / rate_hz)
    points = np.geomspace(60, rate_hz / 2, 9)
    response_db = np.interp(
        np.log(np.maximum(frequencies, points[0])), np.log(points), random.normal(0, spread_db, len(points))
    )
    out: NDArray[np.float32] = np.fft.irfft(spectrum * 10 ** (response_db / 20), len(samples)).astype(np.float32)
    return out


def _faster(samples: NDArray[np.float32], rate_hz: int, factor: float) -> NDArray[np.float32]:
    import soxr

    changed = soxr.resample(samples, rate_hz * factor, rate_hz, "MQ")
    return np.resize(changed, len(samples)) if len(changed) else samples


def _convolved(samples: NDArray[np.float32], response: NDArray[np.float32]) -> NDArray[np.float32]:
    from scipy.signal import oaconvolve

    wet: NDArray[np.float32] = oaconvolve(samples, response)[: len(samples)]
    return wet


def _noise(samples: NDArray[np.float32], random: np.random.Generator, ratio_db: float) -> NDArray[np.float32]:
    noise = coloured_noise(len(samples), random.uniform(0, 2), random)
    level = float(np.sqrt(np.mean(samples**2))) * 10 ** (-ratio_db / 20)
    return noise * np.float32(level)


def _interrupted(samples: NDArray[np.float32], random: np.random.Generator) -> NDArray[np.float32]:
    out = samples.copy()
    start, end = np.sort(random.integers(0, len(samples) + 1, 2))
    out[start:end] = 0
    return out
