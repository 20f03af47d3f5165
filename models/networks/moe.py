"""A mixture of experts: for each class, logistic experts and a gate that chooses among them, or none.

Source: MoeModel of YouTube-8M's starter code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flowrun.models.networks.network import Initial, Scored, Tensor, Weights, glorot, l2_loss, mean, normalised, zeros
from flowrun.models.tensorflow_on_demand import tf
from flowrun.schemas.late import np


@dataclass(frozen=True)
class Moe:
    """p = sum_i softmax_i(G x) sigmoid(E_i x + b_i); one gate more than experts leads to none, which scores 0.

    Args:
        moe_num_mixtures: Experts of each class.
    """

    compiled: ClassVar[bool] = True
    moe_num_mixtures: int = 2

    def initial(self, dims: int, classes: int, random: np.random.Generator) -> Initial:
        """Draw the weights."""
        experts = classes * self.moe_num_mixtures
        return {
            "gates": glorot(random, dims, experts + classes),
            "experts": glorot(random, dims, experts),
            "expert_biases": zeros(experts),
        }

    def __call__(self, weights: Weights, frames: Tensor, lengths: Tensor, seed: Tensor | None = None) -> Scored:
        """Score the mean of the normalised frames."""
        return self.classify(weights, mean(normalised(frames), lengths))

    def classify(self, weights: Weights, features: Tensor) -> Scored:
        """Score one vector per example, shape (examples, dims)."""
        experts = self.moe_num_mixtures
        classes = weights["experts"].shape[1] // experts
        gates = tf.reshape(features @ weights["gates"], (-1, classes, experts + 1))
        logits = tf.reshape(features @ weights["experts"] + weights["expert_biases"], (-1, classes, experts))
        scores = tf.reduce_sum(tf.nn.softmax(gates)[:, :, :experts] * tf.sigmoid(logits), 2)
        return Scored(scores, l2_loss(weights["gates"], weights["experts"]), {})
