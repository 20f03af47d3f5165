"""A strip shows each score where its window begins, as high as it is, and the threshold."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from flowrun.models.picture.colours import MUTED, class_colours
from flowrun.models.picture.curves import STRIP_HEIGHT, Curve
from flowrun.models.picture.drawing import draw
from flowrun.models.picture.spectrogram import Spectrogram
from flowrun.models.signals import silence

DOG = class_colours(["Dog"])["Dog"]


def pixels(*curves: Curve) -> NDArray[np.uint8]:
    sound = Spectrogram(8000)
    sound.add(silence(10.0, 8000), 0)
    sound.finish()
    return np.asarray(draw("a.wav", sound, None, curves).convert("RGB"))


def alike(image: NDArray[np.uint8], colour: tuple[int, int, int]) -> NDArray[np.bool_]:
    near: NDArray[np.bool_] = np.abs(image.astype(int) - colour).max(axis=2) <= 8
    return near


def test_a_score_is_a_bar_from_its_window_to_the_next() -> None:
    found = alike(pixels(Curve("Dog", 0.5, [(2.0, 5.0, 0.8), (4.0, 6.0, 0.4)])), DOG)
    heights = found.sum(axis=0)
    first, last = np.flatnonzero(heights)[[0, -1]]
    assert heights[first + 10] == pytest.approx(2 * heights[last - 10], abs=2)
    higher = int((heights > 1.5 * heights[last - 10]).sum())
    assert higher == pytest.approx((last - first) / 2, abs=2)  # the first reaches up to the second: 2 s of 4


def test_the_threshold_is_dashed_at_its_height() -> None:
    image = pixels(Curve("Dog", 0.25, [(0.0, 10.0, 0.5)]))
    columns = np.flatnonzero(alike(image, DOG).sum(axis=0) > 10)
    strip = image[:, columns[0] : columns[-1]]
    bar = np.flatnonzero(alike(strip, DOG).any(axis=1))
    dashed = np.flatnonzero(alike(strip[bar[0] : bar[-1]], MUTED).sum(axis=1) > strip.shape[1] / 3) + bar[0]
    assert len(dashed) == 1
    assert int(dashed[0]) == pytest.approx((bar[0] + bar[-1]) / 2, abs=1)


def test_each_curve_adds_a_strip_and_none_adds_nothing() -> None:
    curve = Curve("Dog", 0.5, [(0.0, 1.0, 0.5)])
    none, one, two = (len(pixels(*[curve] * n)) for n in range(3))
    assert one > none
    assert two - one == STRIP_HEIGHT
