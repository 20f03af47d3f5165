"""Which class a sound is of, and whether it is of any.

A network that only learns to tell classes apart takes every sound for the nearest of them. So two are asked: a
logistic regression says which class is the likeliest, and the examples that were learnt from say how near the sound is
to any of that class. Source of the second: nearest-neighbour rejection, as in Mendes Junior et al. 2017.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flowrun.models.networks.network import Initial, Scored, Tensor, Weights, glorot, present, zeros
from flowrun.models.tensorflow_on_demand import tf
from flowrun.schemas.late import np

PENALTY = 1e-3  # of the weights; measured on ESC-50: 3e-4 to 3e-3 differ by less than 0.5 % of accuracy


@dataclass(frozen=True)
class OpenSet:
    """p = softmax(W x + b) / max softmax(W x + b) * familiarity, x = (max of the frames - centre) / scale.

    The softmax has one logit more, 0, for sounds of no class. familiarity = sigmoid(steepness (s - middle)), where s is
    the mean cosine of x and the nearest examples of the class. While it learns there are no examples to compare with,
    and p is the softmax.
    """

    neighbours: int = 4
    compiled: ClassVar[bool] = False

    def initial(self, dims: int, classes: int, random: np.random.Generator) -> Initial:
        """Draw the weights; `moving_centre` and `moving_scale` are to be fitted to the examples, not trained."""
        return {
            "weights": glorot(random, dims, classes),
            "biases": zeros(classes),
            "moving_centre": zeros(dims),
            "moving_scale": zeros(1) + 1,
        }

    def __call__(self, weights: Weights, frames: Tensor, lengths: Tensor, seed: Tensor | None = None) -> Scored:
        """Score a batch; with `memory` among the weights, shape (classes, examples, dims), by familiarity too."""
        x = (highest(frames, lengths) - weights["moving_centre"]) / weights["moving_scale"]  # (examples, dims)
        logits = x @ weights["weights"] + weights["biases"]
        likely = tf.nn.softmax(tf.pad(logits, ((0, 0), (0, 1))))[:, :-1]
        penalty = PENALTY * tf.nn.l2_loss(tf.cast(weights["weights"], tf.float32))
        if "memory" not in weights:
            return Scored(likely, penalty, {})
        likeliest = tf.maximum(tf.reduce_max(likely, 1, keepdims=True), 1.0 - tf.reduce_sum(likely, 1, keepdims=True))
        nearness = self._nearness(weights["memory"], weights["remembered"], x)
        familiar = tf.sigmoid(weights["steepness"] * (nearness - weights["middle"]))
        return Scored(likely / likeliest * familiar, penalty, {})

    def _nearness(self, memory: Tensor, remembered: Tensor, x: Tensor) -> Tensor:
        """Return the mean cosine of x and the nearest examples of each class, shape (examples, classes)."""
        classes, kept, dims = memory.shape
        cosines = tf.matmul(tf.nn.l2_normalize(x, -1), tf.reshape(memory, (-1, dims)), transpose_b=True)
        there = tf.cast(tf.range(kept), remembered.dtype) < remembered[:, None]  # (classes, kept)
        cosines = tf.where(there, tf.reshape(cosines, (-1, classes, kept)), -1.0)
        count = min(self.neighbours, kept)
        nearest, _ = tf.math.top_k(cosines, count)  # (examples, classes, count), highest first
        return tf.reduce_sum(tf.where(there[:, :count], nearest, 0.0), 2) / tf.clip_by_value(remembered, 1.0, count)


def highest(frames: Tensor, lengths: Tensor) -> Tensor:
    """Return the maximum over the frames that are there, shape (examples, dims)."""
    frames = tf.convert_to_tensor(frames)
    there = present(frames, lengths)[:, :, None]
    return tf.reduce_max(tf.where(there, frames, frames.dtype.min), 1)
