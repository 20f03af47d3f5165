"""Colours: of loudness, of classes, and of what is written on them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from zlib import crc32

from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Colour = tuple[int, int, int]

PAPER: Colour = (255, 255, 255)
LANE: Colour = (243, 244, 247)
INK: Colour = (26, 30, 39)
MUTED: Colour = (92, 100, 116)

LEVELS = 64  # steps of loudness: more would make the file larger, not the picture clearer
BETWEEN = 8  # steps between two colours that meet

# Nine points of Matplotlib's "magma", by N. Smith and S. van der Walt, CC0: equal steps look equal, also in grey.
MAGMA = (
    (0, 0, 4),
    (28, 16, 68),
    (79, 18, 123),
    (129, 37, 129),
    (181, 54, 122),
    (229, 80, 100),
    (251, 135, 97),
    (254, 194, 135),
    (252, 253, 191),
)
# Colours of classes that are told apart on white, also by most people who see fewer of them.
CLASSES: tuple[Colour, ...] = (
    (66, 105, 208),
    (239, 177, 24),
    (255, 114, 92),
    (60, 169, 81),
    (164, 99, 242),
    (21, 152, 160),
    (214, 74, 145),
    (156, 107, 78),
)


def loudness_colours(levels: int) -> NDArray[np.uint8]:
    """Return the colours of *levels* steps from quiet to loud, shape (levels, 3).

    >>> loudness_colours(3).tolist()
    [[0, 0, 4], [181, 54, 122], [252, 253, 191]]
    """
    points = np.linspace(0, levels - 1, len(MAGMA))
    channels = [np.interp(np.arange(levels), points, channel) for channel in zip(*MAGMA, strict=True)]
    return np.stack(channels, axis=1).round().astype(np.uint8)


def palette() -> NDArray[np.uint8]:
    """Return all colours of a picture, shape (colours, 3), at most 256: first LEVELS of loudness, then all the others.

    Letters and round corners need what lies between two colours.
    """
    plain = [PAPER, LANE, INK, MUTED, *CLASSES]
    pairs = [(PAPER, INK), (PAPER, MUTED)]
    pairs += [pair for colour in CLASSES for pair in ((LANE, colour), (colour, ink_on(colour)))]
    between = [np.linspace(one, other, BETWEEN + 2)[1:-1] for one, other in pairs]
    return np.concatenate([loudness_colours(LEVELS), plain, *between]).round().astype(np.uint8)


def class_colours(labels: Iterable[str]) -> dict[str, Colour]:
    """Return a colour for each label: the same in every picture, unless another label in this one has it already."""
    colours: dict[str, Colour] = {}
    for label in labels:
        if label not in colours:
            first = crc32(label.encode()) % len(CLASSES)
            in_order = CLASSES[first:] + CLASSES[:first]
            colours[label] = next((c for c in in_order if c not in colours.values()), in_order[0])
    return colours


def ink_on(colour: Colour) -> Colour:
    """Return what can be read on *colour*: dark, or white.

    >>> ink_on((239, 177, 24)), ink_on((66, 105, 208))
    ((26, 30, 39), (255, 255, 255))
    """
    red, green, blue = colour
    return INK if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else PAPER
