"""Training many networks on parts of the same examples, quickly: one is built, and begins anew each time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from flowrun.models.embedding_classifier import dequantised
from flowrun.models.networks.catalogue import defaults, network
from flowrun.models.training.familiarity import MOST, remembered, standard
from flowrun.models.training.trainer import Arrays, Recipe, Trainer
from flowrun.schemas.late import np
from flowrun.schemas.ports import Examples

if TYPE_CHECKING:
    from numpy.typing import NDArray

OPEN_SET = "open_set"
BATCH = 256


class Stopped(Exception):
    """The run is to end."""


class Fitting:
    """Networks of one architecture, each trained on some of the examples.

    Args:
        model: Name of the architecture.
        recipe: How to train.
        steps: Batches that each learns from.
        examples: All examples, each of one class or of none.
        stopping: Tells whether to stop as soon as possible.
    """

    def __init__(
        self, model: str, recipe: Recipe, steps: int, examples: Examples, stopping: Callable[[], bool]
    ) -> None:
        self.options = defaults(model)
        self.recipe = recipe
        self.steps = steps
        self.groups = examples.ids if examples.groups is None else examples.groups
        self.stopping = stopping
        self.remembers = model == OPEN_SET
        # Its maximum over the frames is the same for a single frame that is the maximum.
        self.examples = highest(examples) if self.remembers else examples
        dims, classes = examples.features.shape[2], len(examples.labels)
        self._trainer = Trainer(network(model, self.options), recipe, dims=dims, classes=classes)
        self._beginning = self._trainer.state()
        self._kept = min(MOST, int(examples.targets.sum(axis=0).max(initial=1)))

    def __call__(self, chosen: NDArray[np.bool_]) -> Arrays:
        """Return the weights after learning from the *chosen* examples, shape (examples,).

        Raises:
            Stopped: the run is to end.
        """
        which = np.flatnonzero(chosen)
        if not self.remembers:
            return self._learnt(which, self._beginning)
        x = self.examples.features[which, 0]
        fitted = standard(x)
        beginning = self._beginning | {f"weights/{name}": value for name, value in fitted.items()}
        return self._learnt(which, beginning) | remembered(
            (x - fitted["moving_centre"]) / fitted["moving_scale"],
            self.examples.targets[which].astype(np.bool_),
            self.groups[which].tolist(),
            kept=self._kept,
            neighbours=int(self.options["neighbours"]),
            random=np.random.default_rng(self.recipe.seed),
        )

    def _learnt(self, which: NDArray[np.intp], beginning: Arrays) -> Arrays:
        self._trainer.restore(beginning, step=0, examples=0)
        given = self.examples
        size = min(BATCH, len(given))  # the same for any part of the examples, so that a step is traced once
        for batch in batches(which, size, self.steps, np.random.default_rng(self.recipe.seed)):
            if self.stopping():
                raise Stopped
            self._trainer.learn(given.features[batch], given.lengths[batch], given.targets[batch])
        return self._trainer.weights()

    def scores(self, weights: Arrays, chosen: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Return what a network makes of the *chosen* examples, shape (chosen, classes)."""
        which = np.flatnonzero(chosen)
        given = self.examples
        full = np.resize(which, -(-len(which) // BATCH) * BATCH)  # traced once too
        parts = [
            self._trainer.score(weights, given.features[part], given.lengths[part])
            for part in np.split(full, range(BATCH, len(full), BATCH))
        ]
        return np.concatenate(parts)[: len(which)]


def highest(examples: Examples) -> Examples:
    """Return *examples* with one frame each, the maximum over its frames, dequantised."""
    there = np.arange(examples.features.shape[1]) < examples.lengths[:, None]
    frames = dequantised(examples.features, None)
    features = np.where(there[:, :, None], frames, np.float32(-np.inf)).max(axis=1, keepdims=True)
    return replace(examples, features=features, lengths=np.ones(len(examples), np.int32))


def batches(which: NDArray[np.intp], size: int, steps: int, random: np.random.Generator) -> list[NDArray[np.intp]]:
    """Return so many batches, in which each example comes as often as any other, or once more.

    >>> [sorted(batch.tolist()) for batch in batches(np.array([3, 5]), 4, 2, np.random.default_rng(1))]
    [[3, 3, 5, 5], [3, 3, 5, 5]]
    """
    rounds = -(-steps * size // len(which))
    order = np.concatenate([random.permutation(which) for _ in range(rounds)])
    return [order[i * size : (i + 1) * size] for i in range(steps)]
