"""From trained weights to a LiteRT network, and to a SavedModel."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from flowrun.models.networks.network import Network, Tensor
from flowrun.models.tensorflow_on_demand import tf
from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Precision = Literal["float32", "float16", "int8"]


def exported(network: Network, weights: Mapping[str, NDArray[np.float32]], frames: int, dims: int) -> Any:
    """Return a module whose signature `score` takes any number of examples.

    Its inputs are `frames`, float32 of shape (examples, frames, dims), dequantised and 0 past an example's length, and
    `lengths`, int32 of shape (examples,); its output is `scores`, shape (examples, classes).
    """
    module = _module(weights)

    def score(frames: Tensor, lengths: Tensor) -> dict[str, Tensor]:
        return {"scores": network(module.weights, frames, lengths).scores}

    taken = [tf.TensorSpec((None, frames, dims), tf.float32, "frames"), tf.TensorSpec((None,), tf.int32, "lengths")]
    module.score = tf.function(score, autograph=False, input_signature=taken)
    return module


def exported_for_patches(network: Network, weights: Mapping[str, NDArray[np.float32]], frames: int, dims: int) -> Any:
    """Return a module whose signature `score` takes one patch: a fixed shape, so that all is prepared before it comes.

    Its input is `patches`, float32 of shape (1, frames, dims); its outputs are `scores`, shape (1, classes), and
    `embedding`, shape (1, units).
    """
    module = _module(weights)

    def score(patches: Tensor) -> dict[str, Tensor]:
        scored = network(module.weights, patches, tf.constant([frames]))
        return {"scores": scored.scores, "embedding": scored.embedding}

    module.score = tf.function(
        score, autograph=False, input_signature=[tf.TensorSpec((1, frames, dims), tf.float32, "patches")]
    )
    return module


def _module(weights: Mapping[str, NDArray[np.float32]]) -> Any:
    module = tf.Module()
    module.weights = {name: tf.Variable(value, trainable=False, name=name) for name, value in weights.items()}
    return module


def write_saved_model(module: Any, folder: Path) -> None:
    """Write what `exported` gave as a SavedModel.

    Raises:
        OSError: the disk is full.
    """
    try:
        tf.saved_model.save(module, str(folder), signatures={"serving_default": module.score})
    except tf.errors.OpError as error:
        raise OSError(error.message) from None


def output_tensors(network: bytes) -> dict[str, tuple[str, int]]:
    """Return the tensor of each output of a LiteRT network with one signature, by its name: its own name and size."""
    from ai_edge_litert.interpreter import Interpreter

    details = Interpreter(model_content=network).get_signature_runner().get_output_details()
    return {output: (str(detail["name"]), int(detail["shape"][-1])) for output, detail in details.items()}


def litert(module: Any, precision: Precision) -> bytes:
    """Return what `exported` gave as a LiteRT network; precision is that of the weights, activations are floats."""
    converter = tf.lite.TFLiteConverter.from_concrete_functions([module.score.get_concrete_function()], module)
    if precision != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if precision == "float16":
        converter.target_spec.supported_types = [tf.float16]
    return bytes(converter.convert())
