"""Batch normalisation: by the batch while training, by moving averages after it."""

from __future__ import annotations

from flowrun.models.networks.network import Initial, Tensor, Weights, zeros
from flowrun.models.tensorflow_on_demand import tf

EPSILON = 1e-3  # as in slim.batch_norm


def initial_norm(name: str, size: int) -> Initial:
    """Return the weights of one normalisation."""
    return {
        f"{name}/gamma": zeros(size) + 1,
        f"{name}/beta": zeros(size),
        f"{name}/moving_mean": zeros(size),
        f"{name}/moving_variance": zeros(size) + 1,
    }


def averages(weights: Weights, name: str) -> tuple[Tensor, Tensor]:
    """Return the mean and the variance to infer with."""
    return weights[f"{name}/moving_mean"], weights[f"{name}/moving_variance"]


def batch_norm(weights: Weights, name: str, values: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    """Return gamma (values - mean) / sqrt(variance + 0.001) + beta."""
    scale = tf.math.rsqrt(variance + EPSILON) * weights[f"{name}/gamma"]
    return values * scale + (weights[f"{name}/beta"] - mean * scale)


def moved(weights: Weights, name: str, mean: Tensor, variance: Tensor, decay: float, seed: Tensor) -> dict[str, Tensor]:
    """Return the next values of the moving averages; what they began with is soon forgotten.

    Args:
        weights: With the values before.
        name: Of the normalisation.
        mean: Of the batch, and *variance* too.
        decay: Share of itself that an average keeps, less in the first steps.
        seed: The seed and the number of the step.
    """
    step = tf.cast(seed[1], mean.dtype)
    kept = tf.minimum(tf.cast(decay, mean.dtype), (1.0 + step) / (10.0 + step))
    new = {f"{name}/moving_mean": mean, f"{name}/moving_variance": variance}
    return {key: kept * weights[key] + (1.0 - kept) * value for key, value in new.items()}
