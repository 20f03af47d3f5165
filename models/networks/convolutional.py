"""A small convolutional network that sees a log-mel patch as a picture: what `listener` is made with.

Every layer halves time and frequency. That spends most of the arithmetic on many channels of few places, where a
processor is at its fastest, in training and after it; depth-wise layers, which have less of it, took twice the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flowrun.models.networks.batch_norm import EPSILON, averages, batch_norm, initial_norm, moved
from flowrun.models.networks.network import Initial, Scored, Tensor, Weights, glorot, zeros
from flowrun.models.tensorflow_on_demand import tf
from flowrun.schemas.late import np

DECAY = 0.99  # of the moving averages of batch normalisation
LAYERS = 5
SIDE = 3  # of a filter
STRIDE = 2
FIRST_SCORE = -5.0  # before the sigmoid: a class is rare


@dataclass(frozen=True)
class Convolutional:
    """h_0 = patch, h_i = relu(bn(W_i * h_{i-1})) at every second place, e = relu(V mean(h) + c), p = sigmoid(U e + b).

    Args:
        conv_channels: Of the last of five layers; each of the others has half of the one after it. Filters are 3 by 3.
        conv_embedding: Numbers in the embedding.
    """

    compiled: ClassVar[bool] = False
    conv_channels: int = 320
    conv_embedding: int = 256

    def initial(self, dims: int, classes: int, random: np.random.Generator) -> Initial:
        """Draw the weights."""
        drawn: Initial = {}
        inputs = 1
        for layer in range(LAYERS):
            channels = max(1, self.conv_channels >> (LAYERS - 1 - layer))
            spread = (2 / (SIDE * SIDE * inputs)) ** 0.5  # He et al. 2015, eq. 10
            drawn[f"conv_{layer}/filters"] = random.normal(0, spread, (SIDE, SIDE, inputs, channels)).astype(np.float32)
            drawn |= initial_norm(f"conv_{layer}/bn", channels)
            inputs = channels
        drawn["embedding/weights"] = glorot(random, inputs, self.conv_embedding)
        drawn["embedding/biases"] = zeros(self.conv_embedding)
        drawn["scores/weights"] = glorot(random, self.conv_embedding, classes)
        drawn["scores/biases"] = zeros(classes) + np.float32(FIRST_SCORE)
        return drawn

    def __call__(self, weights: Weights, frames: Tensor, lengths: Tensor, seed: Tensor | None = None) -> Scored:
        """Score a batch of patches; they have all their frames."""
        seen = tf.expand_dims(frames, 3)  # (examples, frames, bins, 1)
        moving: dict[str, Tensor] = {}
        for layer in range(LAYERS):
            name = f"conv_{layer}"
            seen = tf.nn.conv2d(seen, weights[f"{name}/filters"], STRIDE, "SAME")
            seen = tf.nn.relu(_normalised(weights, f"{name}/bn", seen, seed, moving))
        heard = tf.reduce_mean(seen, [1, 2])  # (examples, channels)
        embedding = tf.nn.relu(heard @ weights["embedding/weights"] + weights["embedding/biases"])
        scores = tf.sigmoid(embedding @ weights["scores/weights"] + weights["scores/biases"])
        return Scored(scores, tf.constant(0.0), moving, embedding=embedding)


def _normalised(weights: Weights, name: str, values: Tensor, seed: Tensor | None, moving: dict[str, Tensor]) -> Tensor:
    """Return values with mean 0 and variance 1 in each channel, of the batch while training; add to *moving*."""
    if seed is None:
        return batch_norm(weights, name, values, *averages(weights, name))
    gamma, beta = (tf.cast(weights[f"{name}/{part}"], tf.float32) for part in ("gamma", "beta"))
    normal, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
        x=values, scale=gamma, offset=beta, mean=[], variance=[], epsilon=EPSILON, is_training=True
    )
    moving |= moved(weights, name, mean, variance, DECAY, seed)
    return normal
