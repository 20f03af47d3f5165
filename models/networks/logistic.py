"""Logistic regression on the mean frame.

Source: FrameLevelLogisticModel and LogisticModel of YouTube-8M's starter code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flowrun.models.networks.network import Initial, Scored, Tensor, Weights, glorot, l2_loss, mean, normalised, zeros
from flowrun.models.tensorflow_on_demand import tf
from flowrun.schemas.late import np


@dataclass(frozen=True)
class Logistic:
    """p = sigmoid(W m + b), where m is the mean of the normalised frames."""

    compiled: ClassVar[bool] = True

    def initial(self, dims: int, classes: int, random: np.random.Generator) -> Initial:
        """Draw the weights."""
        return {"weights": glorot(random, dims, classes), "biases": zeros(classes)}

    def __call__(self, weights: Weights, frames: Tensor, lengths: Tensor, seed: Tensor | None = None) -> Scored:
        """Score a batch."""
        pooled = mean(normalised(frames), lengths)  # (examples, dims)
        scores = tf.sigmoid(pooled @ weights["weights"] + weights["biases"])
        return Scored(scores, l2_loss(weights["weights"]), {})
