"""One piece of glass that is struck: a thin plate, each of whose modes is a decaying sine.

Source: Fletcher and Rossing 1998, The physics of musical instruments, chapter 3 (plates); van den Doel, Kry and Pai
2001, FoleyAutomatic (modal synthesis of impacts).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.models.synthesis.noise import coloured
from flowrun.models.synthesis.resonance import struck
from flowrun.models.synthesis.timeline import add
from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Soda-lime glass: sqrt(E / (12 rho (1 - nu^2))), m/s, with E = 70 GPa, rho = 2500 kg/m^3, nu = 0.22.
PLATE_SPEED_M_S = 1566.0


def shard(
    random: np.random.Generator, size_m: float, thickness_m: float, loss: float, rate_hz: int
) -> NDArray[np.float64]:
    """Return a shard that is struck once: its ring, peak 1, and the click of the contact, shape (n,).

    The modes of a rectangular plate: f = (pi / 2) c h ((m / a)^2 + (n / b)^2), each damped in proportion to its
    frequency, 1 / d = pi f loss. A shard is no rectangle, hence the chance in its modes.

    Args:
        random: Where chance comes from.
        size_m: Longer edge.
        thickness_m: Of the plate.
        loss: Share of the energy that is lost in a radian: 0.001 to 0.005 for glass that is held by its neighbours.
        rate_hz: Rate of the samples.
    """
    m, n = np.meshgrid(np.arange(1, 6), np.arange(1, 6))
    width_m = size_m * random.uniform(0.4, 1)
    f = np.pi / 2 * PLATE_SPEED_M_S * thickness_m * ((m / size_m) ** 2 + (n / width_m) ** 2).ravel()
    f *= random.uniform(0.6, 1.1, f.shape)
    f = np.append(f[f < rate_hz / 2], random.uniform(0.25, 0.48) * rate_hz)  # what of the smallest can be heard
    decay_s = 1 / (np.pi * f * loss * random.uniform(0.5, 2) + 50)  # what lies on it, or under it, damps low modes
    ring = struck(f, decay_s, random.uniform(0.2, 1, f.shape) * (f / f.min()) ** 0.1, rate_hz)
    ring /= np.abs(ring).max()
    add(ring, random.uniform(0.3, 1) * click(random, rate_hz), 0)
    return ring


def click(random: np.random.Generator, rate_hz: int) -> NDArray[np.float64]:
    """Return 10 ms of noise that dies away in 2.5 ms: a rough edge on a rough ground."""
    noise = coloured(random, 0.01, rate_hz)
    rough: NDArray[np.float64] = np.diff(noise, prepend=0.0) * np.exp(-np.arange(len(noise)) / (0.0025 * rate_hz))
    return rough
