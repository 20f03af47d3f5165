"""Examples that can be told apart: number n has the id "n", n in all its frames, and the class n modulo 3."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from flowrun.schemas.ports import Examples

LABELS = ("a", "b", "c")


def numbered(count: int, *, frames: int = 2, dims: int = 3) -> Examples:
    numbers = np.arange(count)
    features = np.broadcast_to(numbers[:, None, None], (count, frames, dims)).astype(np.uint8)
    return Examples(
        features,
        np.full(count, frames, np.int32),
        numbers[:, None] % 3 == np.arange(3),
        numbers.astype(str),
        LABELS,
        "vggish",
        "set",
        epoch_end=True,
        last=True,
    )


def cut(whole: Examples, edges: Iterable[int]) -> list[Examples]:
    parts = []
    for a, b in pairwise([0, *edges, len(whole)]):
        end = b == len(whole)
        arrays = {name: getattr(whole, name)[a:b] for name in ("features", "lengths", "targets", "ids")}
        parts.append(replace(whole, **arrays, epoch_end=end, last=end))
    return parts


@pytest.fixture
def blocks() -> Callable[..., list[Examples]]:
    """A function that makes so many examples, cut into blocks at *edges*."""
    return lambda count, *edges, **shape: cut(numbered(count, **shape), edges)
