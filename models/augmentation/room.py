"""Rooms that do not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

DECAY_S = (0.1, 1.6)  # until the sound is 60 dB lower: from a furnished room to a church
DISTANCE_DB = (-12.0, 9.0)  # of the reverberation against the direct sound
EARLY_S = 0.06
EARLY = 8  # reflections


def room_response(rate_hz: int, random: np.random.Generator) -> NDArray[np.float32]:
    """Draw the impulse response of a room: the direct sound, a few early reflections, a decaying noisy tail.

    Returns:
        float32, shape (n,), energy 1; the first sample is the direct sound.

    Source: the model of Polack 1988: late reverberation is Gaussian noise under an exponential; high frequencies,
    which air and walls swallow first, decay in half the time here.
    """
    decay_s = float(np.exp(random.uniform(*np.log(DECAY_S))))
    length = max(2, int(decay_s * rate_hz))
    fall = np.exp(-6.9078 / decay_s * np.arange(length) / rate_hz)
    noise = random.standard_normal(length)
    low = np.convolve(noise, np.full(8, 1 / 8), "same")
    tail = low * fall + (noise - low) * fall**2
    reflections = random.integers(1, max(2, min(length, int(EARLY_S * rate_hz))), EARLY)
    tail[reflections] += random.choice([-1.0, 1.0], EARLY) * 3 * fall[reflections]
    tail[0] = 0
    tail *= 10 ** (random.uniform(*DISTANCE_DB) / 20) / np.sqrt(np.sum(tail**2))
    tail[0] = 1
    response: NDArray[np.float32] = (tail / np.sqrt(np.sum(tail**2))).astype(np.float32)
    return response
