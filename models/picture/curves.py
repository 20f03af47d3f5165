"""Scores over time, each with its threshold, in a strip of a picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from flowrun.models.picture.colours import LANE, MUTED, Colour

if TYPE_CHECKING:
    from PIL import ImageDraw

STRIP_HEIGHT = 52
INSET, DASH = 5, 6


class Curve(NamedTuple):
    """The scores of a label: for each window its start, its end, s, and the score, in the order of time."""

    label: str
    threshold: float
    windows: list[tuple[float, float, float]]

    @property
    def reach(self) -> float:
        """How far the best score goes: 1 is the threshold.

        >>> Curve("Dog", 0.5, [(0.0, 1.0, 0.25), (1.0, 2.0, 0.75)]).reach
        1.5
        """
        return max(score for _, _, score in self.windows) / max(self.threshold, 1e-9)


def draw_strip(
    pen: ImageDraw.ImageDraw, box: tuple[int, int, int], curve: Curve, colour: Colour, x: Callable[[float], float]
) -> float:
    """Draw a strip, and return the y of the threshold: a bar up to each score, 0 to 1, and dashes at the threshold.

    Where windows overlap, each is drawn up to the start of the next, so that a score stands where its window begins.

    Args:
        pen: Draws on the picture.
        box: The left and the right end of the strip, and its top.
        curve: What to draw.
        colour: Of the bars.
        x: Where a time, s, lies in the picture.
    """
    left, right, top = box
    bottom = top + STRIP_HEIGHT - INSET
    height = STRIP_HEIGHT - 2 * INSET
    pen.rectangle((left, top + 1, right - 1, top + STRIP_HEIGHT - 2), LANE)
    following = [start for start, _, _ in curve.windows[1:]] + [float("inf")]
    for (start_s, end_s, score), next_s in zip(curve.windows, following, strict=True):
        begin, end = round(x(start_s)), round(x(min(end_s, next_s)))
        level = bottom - height * min(max(score, 0.0), 1.0)
        if level < bottom:
            pen.rectangle((begin, level, max(begin, end - 1), bottom), colour)
    at = bottom - height * min(max(curve.threshold, 0.0), 1.0)
    for start in range(left, right, 2 * DASH):
        pen.line((start, at, min(start + DASH, right) - 1, at), MUTED)
    return at
