"""A batch of examples, made ready for a network."""

from __future__ import annotations

from flowrun.models.networks.network import Tensor, present
from flowrun.models.tensorflow_on_demand import tf
from flowrun.models.vggish_postprocess import MAX, MIN


def ready(features: Tensor, lengths: Tensor) -> Tensor:
    """Return the features as floats, dequantised if they are bytes; past an example's length they are 0.

    As YouTube-8M's reader does it: dequantised first, padded with zeros then.
    """
    if features.dtype != tf.uint8:
        return tf.cast(features, tf.float32)
    span = MAX - MIN
    frames = tf.cast(features, tf.float32) * (span / 255.0) + (span / 512.0 + MIN)
    return tf.where(present(frames, lengths)[:, :, None], frames, 0.0)


def mixed(frames: Tensor, lengths: Tensor, targets: Tensor, shares: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Mix each example with the one before it, of which it keeps its share; shares has the shape (examples,).

    Source: Zhang et al. 2018, mixup.
    """

    def mix(values: Tensor, shares: Tensor) -> Tensor:
        return shares * values + (1.0 - shares) * tf.roll(values, 1, 0)

    longest = tf.maximum(lengths, tf.roll(lengths, 1, 0))
    return mix(frames, shares[:, None, None]), longest, mix(targets, shares[:, None])
