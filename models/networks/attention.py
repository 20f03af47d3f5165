"""Attention over frames, class by class: every class listens to the frames that matter to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flowrun.models.networks.network import Initial, Scored, Tensor, Weights, glorot, present, zeros
from flowrun.models.tensorflow_on_demand import tf
from flowrun.schemas.late import np


@dataclass(frozen=True)
class Attention:
    """Placeholder until the research is in.

    Args:
        attention_units: Units of each layer.
    """

    compiled: ClassVar[bool] = True
    attention_units: int = 600

    def initial(self, dims: int, classes: int, random: np.random.Generator) -> Initial:
        """Draw the weights."""
        u = self.attention_units
        return {
            "hidden": glorot(random, dims, u),
            "hidden_biases": zeros(u),
            "att": glorot(random, u, classes),
            "cla": glorot(random, u, classes),
            "cla_biases": zeros(classes),
        }

    def __call__(self, weights: Weights, frames: Tensor, lengths: Tensor, seed: Tensor | None = None) -> Scored:
        """Score a batch."""
        hidden = tf.nn.relu(frames @ weights["hidden"] + weights["hidden_biases"])
        there = present(frames, lengths)[:, :, None]
        share = tf.nn.softmax(tf.where(there, hidden @ weights["att"], -1e9), 1)
        scores = tf.reduce_sum(share * tf.sigmoid(hidden @ weights["cla"] + weights["cla_biases"]), 1)
        return Scored(scores, 0.0, {})
