"""A sound as a microphone hears it: in a room, over a little noise.

Dry sounds are no sounds of this world: YAMNet takes dry knocks and motors for drum machines and synthesizers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.models.augmentation.room import room_response
from flowrun.models.synthesis.noise import coloured
from flowrun.models.synthesis.timeline import peaking
from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

NOISE_DB = (-75.0, -45.0)  # RMS against full scale


def recorded(random: np.random.Generator, samples: NDArray[np.float32], rate_hz: int) -> NDArray[np.float32]:
    """Return *samples*, float32, shape (n,), in a room drawn by *random*, with its noise; the same peak and length."""
    from scipy.signal import fftconvolve

    peak = np.abs(samples).max()
    heard = fftconvolve(samples, room_response(rate_hz, random))[: len(samples)]
    noise = 10 ** (random.uniform(*NOISE_DB) / 20) * coloured(random, len(samples) / rate_hz, rate_hz, 1.0)
    return peaking(heard * peak / np.abs(heard).max() + noise, 20 * float(np.log10(peak)))
