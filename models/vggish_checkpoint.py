"""VGGish's released weights: a TensorFlow 1 checkpoint, read without a TensorFlow 1 graph."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from flowrun.models.tensorflow_on_demand import tensorflow
from flowrun.schemas.errors import ModelError

# Variable scopes and shapes of the weights, as vggish_slim.py of the release defines them.
LAYERS: Mapping[str, tuple[int, ...]] = {
    "conv1": (3, 3, 1, 64),
    "conv2": (3, 3, 64, 128),
    "conv3/conv3_1": (3, 3, 128, 256),
    "conv3/conv3_2": (3, 3, 256, 256),
    "conv4/conv4_1": (3, 3, 256, 512),
    "conv4/conv4_2": (3, 3, 512, 512),
    "fc1/fc1_1": (12288, 4096),
    "fc1/fc1_2": (4096, 4096),
    "fc2": (4096, 128),
}


class Layer(NamedTuple):
    """The variables of a layer, float32.

    weights: shape (height, width, in, out) of a convolution, (in, out) of a fully connected layer.
    biases: shape (out,).
    """

    weights: NDArray[np.float32]
    biases: NDArray[np.float32]


def read_checkpoint(path: Path) -> dict[str, Layer]:
    """Return the layers in the checkpoint at *path*, named as in `LAYERS`.

    Raises:
        ModelError: the file is no checkpoint, or lacks a variable, or one has another shape.
    """
    tf = tensorflow()
    try:
        reader = tf.train.load_checkpoint(str(path))
        shapes = reader.get_variable_to_shape_map()
        problems = [
            problem for name, shape in _expected().items() if (problem := _misfit(name, shape, shapes.get(name)))
        ]
        if problems:
            raise ModelError(f"{path}: not VGGish's checkpoint: {problems[0]}")
        layers = {
            layer: Layer(*(reader.get_tensor(f"vggish/{layer}/{part}") for part in Layer._fields)) for layer in LAYERS
        }
    except (OSError, ValueError, RuntimeError, tf.errors.OpError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(f"{path}: not a TensorFlow checkpoint that can be read: {reason}") from None
    for name, layer in layers.items():
        if not all(np.isfinite(part).all() for part in layer):
            raise ModelError(f"{path}: not VGGish's checkpoint: a value of 'vggish/{name}' is not finite")
    return layers


def _expected() -> dict[str, tuple[int, ...]]:
    weights = {f"vggish/{layer}/weights": shape for layer, shape in LAYERS.items()}
    return weights | {f"vggish/{layer}/biases": shape[-1:] for layer, shape in LAYERS.items()}


def _misfit(name: str, expected: tuple[int, ...], found: list[int] | None) -> str:
    if found is None:
        return f"the variable {name!r} is missing"
    if tuple(found) != expected:
        return f"the variable {name!r} has the shape {tuple(found)}, not {expected}"
    return ""
