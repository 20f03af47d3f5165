"""Glass that breaks, and glass that does not: modal synthesis of plates and vessels.

What breaks is a crack and a pane's own dull modes, then shards that fall, bounce and ring, many at first, few in the
end. The ranges were chosen by what YAMNet calls Glass, Shatter and Breaking.

Source: Zheng and James 2010, Rigid-body fracture sound with precomputed soundbanks (shards).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.models.synthesis.noise import band, coloured
from flowrun.models.synthesis.resonance import struck
from flowrun.models.synthesis.shard import click, shard
from flowrun.models.synthesis.timeline import add, peaking, silence
from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

GRAVITY_M_S2 = 9.81


def glass(random: np.random.Generator, rate_hz: int = 16000) -> NDArray[np.float32]:
    """Return glass, shape (n,): a pane that shatters, a bottle that breaks, or, now and then, glasses that clink."""
    kind = random.choice(["pane", "bottle", "clinks"], p=[0.5, 0.3, 0.2])
    if kind == "pane":
        made = shattering(random, random.uniform(1.5, 5), rate_hz, shards=int(random.integers(60, 250)))
    elif kind == "bottle":
        made = bottle(random, random.uniform(1, 3), rate_hz)
    else:
        made = clinks(random, random.uniform(1, 3), rate_hz)
    return peaking(made, random.uniform(-12, -0.5))


def shattering(
    random: np.random.Generator,
    duration_s: float,
    rate_hz: int,
    *,
    shards: int = 150,
    sizes_m: tuple[float, float] = (0.012, 0.12),
) -> NDArray[np.float64]:
    """Return a pane of glass that shatters and falls, shape (n,).

    Args:
        random: Where chance comes from.
        duration_s: Length of the whole.
        rate_hz: Rate of the samples.
        shards: How many pieces are heard.
        sizes_m: Edges of the smallest and of the largest; there are more small ones.
    """
    samples = silence(duration_s, rate_hz)
    add(samples, random.uniform(1, 6) * _crack(random, rate_hz), 0)
    thickness_m = random.uniform(0.002, 0.005)
    loss = random.uniform(0.0015, 0.005)
    # Some shards are hit by the blow itself; the others fall 0.2 to 1.5 m. None leaves the pane at once.
    height_m = random.uniform(0.2, 1.5, shards)
    fall_s = np.where(random.random(shards) < random.uniform(0.25, 0.7), 0.0, np.sqrt(2 * height_m / GRAVITY_M_S2))
    start_s = fall_s + random.exponential(random.uniform(0.05, 0.3), shards)
    size_m = sizes_m[0] * (sizes_m[1] / sizes_m[0]) ** (random.random(shards) ** 1.5)
    for start, height, size in zip(start_s.tolist(), height_m.tolist(), size_m.tolist(), strict=True):
        ring = shard(random, size, thickness_m, loss, rate_hz)
        ring *= random.exponential() * (size / sizes_m[1]) ** 0.6  # many blows graze; small pieces carry little
        _bounce(random, samples, ring, start, np.sqrt(2 * GRAVITY_M_S2 * height), rate_hz)
    return samples


def bottle(random: np.random.Generator, duration_s: float, rate_hz: int) -> NDArray[np.float64]:
    """Return a bottle that breaks on a floor, shape (n,): one hollow blow, then fewer and smaller shards."""
    shards = int(random.integers(40, 110))
    samples = shattering(random, duration_s, rate_hz, shards=shards, sizes_m=(0.012, 0.07))
    f = random.uniform(900, 2200) * np.array([1, 1.6, 2.4, 2.9, 3.8, 4.6]) * random.uniform(0.95, 1.05, 6)
    hollow = struck(f, random.uniform(0.005, 0.02), random.uniform(0.3, 1, 6), rate_hz)
    add(samples, random.uniform(0.5, 2) * hollow, 0)
    return samples


def clinks(random: np.random.Generator, duration_s: float, rate_hz: int) -> NDArray[np.float64]:
    """Return one to eight taps on drinking glasses that stay whole, shape (n,)."""
    samples = silence(duration_s, rate_hz)
    vessels = [_vessel(random, rate_hz) for _ in range(random.integers(1, 4))]
    for start_s in random.uniform(0, 0.7 * duration_s, random.integers(1, 9)):
        for ring in random.permutation(len(vessels))[:2]:  # two touch each other
            add(samples, random.uniform(0.2, 1) * vessels[ring], round(start_s * rate_hz))
    return samples


def _bounce(
    random: np.random.Generator,
    samples: NDArray[np.float64],
    ring: NDArray[np.float64],
    start_s: float,
    speed_m_s: float,
    rate_hz: int,
) -> None:
    """Add a shard that hits the ground with *speed_m_s*, and hits it again and again, each time more softly."""
    restitution = random.uniform(0.1, 0.5)
    for _ in range(random.integers(1, 6)):
        add(samples, speed_m_s * random.uniform(0.5, 1) * ring, round(start_s * rate_hz))
        speed_m_s *= restitution
        start_s += 2 * speed_m_s / GRAVITY_M_S2


def _crack(random: np.random.Generator, rate_hz: int) -> NDArray[np.float64]:
    """Return the crack of the pane: noise that is gone in a moment, over its own dull modes."""
    decay_s = 10 ** random.uniform(-1.6, -0.8)
    crack = band(coloured(random, 8 * decay_s, rate_hz), 10 ** random.uniform(2.7, 3.4), 0.48 * rate_hz, rate_hz)
    crack *= np.exp(-np.arange(len(crack)) / (decay_s * rate_hz))
    pane_hz = random.uniform(150, 500, 6)
    add(crack, struck(pane_hz, random.uniform(0.01, 0.05), random.uniform(0, 0.3), rate_hz), 0)
    return crack


def _vessel(random: np.random.Generator, rate_hz: int) -> NDArray[np.float64]:
    """Return a tap on a glass, shape (n,).

    The mode with n waves around the rim of a cup lies near n^2 - 1: 3 : 8 : 15 : 24.
    """
    waves = np.repeat(np.arange(2, 8), 2)  # each is two, a little apart, as no cup is quite round
    f = random.uniform(1000, 2500) * (waves**2 - 1) / 3 * random.uniform(0.97, 1.03, waves.shape)
    decay_s = random.uniform(0.02, 0.2) * (f / f.min()) ** -0.7
    tap = struck(f, decay_s, random.uniform(0.2, 1, f.shape), rate_hz)
    add(tap, random.uniform(0.1, 1) * click(random, rate_hz), 0)
    return tap
