"""Mixtures of sounds: what happens at once, when, and how loud."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FOREGROUND = (0.5, 0.35, 0.15)  # shares of mixtures with one, two, three sounds in front
FOREGROUND_DB = (-18.0, 0.0)  # of the second and third sound against the first
BACKGROUND = 0.5  # share of mixtures with a sound behind
BACKGROUND_DB = (-40.0, -6.0)
QUIET = 1e-5  # effective value below which a sound counts as silence


class Mixer:
    """Draws mixtures from a collection of sounds.

    The collection (the part of a name before the first slash) is drawn first, then a sound in it.

    Args:
        sounds: int16, shape (n,), by name; all at the same rate.
        shares: How often each collection is drawn, against 1 for one that is not named.

    Raises:
        ValueError: there is nothing to draw, or *shares* names a collection without sounds.
    """

    def __init__(self, sounds: Mapping[str, NDArray[np.int16]], shares: Mapping[str, float]) -> None:
        folders: dict[str, list[NDArray[np.int16]]] = {}
        for name, samples in sounds.items():
            if len(samples):
                folders.setdefault(name.partition("/")[0], []).append(samples)
        if strange := sorted(set(shares) - set(folders)):
            raise ValueError(f"`shares` names {strange[0]!r}; the collections are {', '.join(sorted(folders))}")
        weights = np.array([float(shares.get(name, 1)) for name in folders])
        if not weights.sum() > 0:
            raise ValueError("there is no sound to mix")
        self._chances = weights / weights.sum()
        self._folders: Sequence[Sequence[NDArray[np.int16]]] = list(folders.values())

    def __call__(self, length: int, random: np.random.Generator) -> NDArray[np.float32]:
        """Draw a mixture.

        Args:
            length: Its samples.
            random: Where the draws come from.

        Returns:
            float32, shape (length,); the sounds keep their levels against each other, the peak is at most 1.
        """
        mixture = np.zeros(length, np.float32)
        for number in range(1 + int(random.choice(len(FOREGROUND), p=FOREGROUND))):
            below_db = random.uniform(*FOREGROUND_DB) if number else 0.0
            mixture += placed(at_level(self._drawn(random), below_db), length, random)
        if random.random() < BACKGROUND:
            mixture += looped(at_level(self._drawn(random), random.uniform(*BACKGROUND_DB)), length, random)
        return mixture / max(1.0, float(np.abs(mixture).max()))

    def _drawn(self, random: np.random.Generator) -> NDArray[np.float32]:
        folder = self._folders[int(random.choice(len(self._folders), p=self._chances))]
        drawn = folder[int(random.integers(len(folder)))]
        return np.divide(drawn, 32768, dtype=np.float32)


def at_level(samples: NDArray[np.float32], level_db: float) -> NDArray[np.float32]:
    """Return *samples* with their loudest tenth of a second *level_db* against a fifth of full scale; silence as it is.

    >>> round(float(np.abs(at_level(np.ones(3200, np.float32), 0.0)).max()), 3)
    0.2
    """
    pieces = samples[: len(samples) // 1600 * 1600].reshape(-1, 1600) if len(samples) > 1600 else samples[None]
    loudest = float(np.sqrt((pieces**2).mean(1).max()))
    if loudest < QUIET:
        return samples
    return samples * np.float32(0.2 / loudest * 10 ** (level_db / 20))


def placed(samples: NDArray[np.float32], length: int, random: np.random.Generator) -> NDArray[np.float32]:
    """Return a piece of a longer sound, or a shorter one at some time in silence; half of it at least is inside.

    >>> placed(np.ones(4, np.float32), 4, np.random.default_rng(0)).shape
    (4,)
    """
    if len(samples) > length:
        start = int(random.integers(len(samples) - length + 1))
        return samples[start : start + length]
    out = np.zeros(length, np.float32)
    half = len(samples) // 2
    start = int(random.integers(-half, length - half + 1))
    first, last = max(0, start), min(length, start + len(samples))
    out[first:last] = samples[first - start : last - start]
    return out


def looped(samples: NDArray[np.float32], length: int, random: np.random.Generator) -> NDArray[np.float32]:
    """Return *length* samples of a sound that goes round, from a random place on.

    >>> looped(np.array([1, 2, 3], np.float32), 7, np.random.default_rng(0)).shape
    (7,)
    """
    start = int(random.integers(len(samples)))
    return np.resize(np.roll(samples, -start), length)
