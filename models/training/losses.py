"""How far scores are from the labels.

Source: losses.py of YouTube-8M's starter code. Each takes scores in [0, 1] and targets, both of shape
(examples, classes), which are bool or shares in [0, 1], and returns the mean over the examples of the sum over the
classes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flowrun.models.networks.network import Tensor
from flowrun.models.tensorflow_on_demand import tf

EPSILON = 1e-5


def cross_entropy(scores: Tensor, targets: Tensor) -> Tensor:
    """Return -sum t log(s + e) + (1 - t) log(1 - s + e), where e is 1e-5."""
    if targets.dtype == tf.bool:  # of the two logarithms one has the factor 0
        return -tf.reduce_mean(tf.reduce_sum(tf.math.log(tf.where(targets, scores, 1.0 - scores) + EPSILON), 1))
    targets = tf.cast(targets, scores.dtype)
    terms = targets * tf.math.log(scores + EPSILON) + (1.0 - targets) * tf.math.log(1.0 - scores + EPSILON)
    return -tf.reduce_mean(tf.reduce_sum(terms, 1))


def hinge(scores: Tensor, targets: Tensor) -> Tensor:
    """Return sum max(0, 1 - (2 t - 1) s)."""
    targets = tf.cast(targets, tf.float32)
    return tf.reduce_mean(tf.reduce_sum(tf.nn.relu(1.0 - (2.0 * targets - 1.0) * scores), 1))


def softmax(scores: Tensor, targets: Tensor) -> Tensor:
    """Return minus the sum of t' times the logarithm of the softmax of s; t' are the targets divided by their sum."""
    targets = tf.cast(targets, tf.float32)
    shares = targets / tf.maximum(tf.reduce_sum(targets, 1, keepdims=True), 1e-7)
    return -tf.reduce_mean(tf.reduce_sum(shares * tf.nn.log_softmax(scores), 1))


LOSSES: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = {
    "cross_entropy": cross_entropy,
    "hinge": hinge,
    "softmax": softmax,
}
