"""Small sets: each class is a direction in the space of the frames."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from flowrun.schemas.ports import CrossValidation, Examples


def recordings(classes: int, each: int, *, unknown: int = 0, pieces: int = 1, seed: int = 1) -> Examples:
    """Recordings of each class and of none, each cut into pieces that are nearly alike."""
    random = np.random.default_rng(seed)
    truth = np.repeat([*np.repeat(np.arange(classes), each), *[-1] * unknown], pieces)
    groups = np.repeat(np.arange(classes * each + unknown), pieces)
    takes = random.normal(0, 0.6, (classes * each + unknown, 16))
    middle = np.vstack([3 * np.eye(classes, 16), np.zeros((1, 16))])[truth]
    features = middle[:, None] + takes[groups][:, None] + random.normal(0, 0.1, (len(truth), 4, 16))
    labels = tuple("abcdefgh"[:classes])
    return Examples(
        features.astype(np.float32),
        np.full(len(truth), 4, np.int32),
        truth[:, None] == np.arange(classes),
        np.array([f"{group}.{i}" for i, group in enumerate(groups)]),
        labels,
        "yamnet",
        "set",
        epoch_end=True,
        last=True,
        groups=groups.astype(str),
        hop_s=0.48,
    )


@pytest.fixture
def make() -> Callable[..., Examples]:
    return recordings


@pytest.fixture
def validation() -> CrossValidation:
    """
    6 examples of a, b and none, 60 s each, in two folds; a and b are recognised from 0.5 on.

    a a b b - -   is
    a - b a - b   is recognised as
    """
    scores = np.array([[0.9, 0.1], [0.4, 0.3], [0.2, 0.8], [0.7, 0.6], [0.1, 0.2], [0.3, 0.5]], np.float32)
    strange = np.array([[np.nan, 0.1], [np.nan, 0.6], [0.1, np.nan], [0.4, np.nan], [np.nan] * 2, [np.nan] * 2])
    return CrossValidation(
        "set",
        "open_set",
        ("a", "b"),
        np.array(["1", "2", "3", "4", "5", "6"]),
        np.array([0, 0, 1, 1, -1, -1], np.int32),
        np.array([0, 1, 0, 1, 0, 1], np.int32),
        np.full(6, 60, np.float32),
        scores,
        strange.astype(np.float32),
        np.array([0.55, 0.45]),
        np.full((2, 2), 0.5),
        1.0,
    )
