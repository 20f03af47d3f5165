"""VGGish in TensorFlow 2, only as long as it takes to convert it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowrun.models.log_mel import MEL_BINS, PATCH_FRAMES
from flowrun.models.tensorflow_on_demand import tensorflow
from flowrun.models.vggish_checkpoint import Layer

# Each stage ends with a pool that halves both axes: 96 x 64 becomes 6 x 4.
STAGES = (("conv1",), ("conv2",), ("conv3/conv3_1", "conv3/conv3_2"), ("conv4/conv4_1", "conv4/conv4_2"))


def vggish_network(layers: Mapping[str, Layer]) -> Any:
    """Return a `tf.Module` whose function `embed` makes embeddings of patches.

    `embed` takes float32 of shape (n, 96, 64) and gives float32 of shape (n, 128) in {"embedding": …}: the values of
    fc2 WITHOUT a final ReLU, as released.

    Args:
        layers: As `read_checkpoint` gives them; widths other than VGGish's serve for tests.

    Raises:
        ModelError: TensorFlow is not installed.
    Source: vggish_slim.py of the release.
    """
    tf = tensorflow()
    module = tf.Module(name="vggish")
    module.layers = {name: tuple(map(tf.constant, layer)) for name, layer in layers.items()}

    def dense(values: Any, name: str) -> Any:
        weights, biases = module.layers[name]
        return tf.nn.bias_add(tf.matmul(values, weights), biases)

    def embed(patches: Any) -> Any:
        values = tf.reshape(patches, (-1, PATCH_FRAMES, MEL_BINS, 1))
        for stage in STAGES:
            for name in stage:
                weights, biases = module.layers[name]
                values = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(values, weights, strides=1, padding="SAME"), biases))
            values = tf.nn.max_pool2d(values, ksize=2, strides=2, padding="SAME")
        values = tf.reshape(values, (-1, module.layers["fc1/fc1_1"][0].shape[0]))  # (n, 6 * 4 * 512)
        values = tf.nn.relu(dense(values, "fc1/fc1_1"))
        values = tf.nn.relu(dense(values, "fc1/fc1_2"))
        return {"embedding": dense(values, "fc2")}

    module.embed = tf.function(
        embed, input_signature=[tf.TensorSpec((None, PATCH_FRAMES, MEL_BINS), tf.float32, "patches")]
    )
    return module
