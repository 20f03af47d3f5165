"""From VGGish's checkpoint to LiteRT networks, once, when it is pulled.

The conversion runs in a process of its own: it takes gigabytes for a minute, and TensorFlow talks on standard error.
"""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flowrun.models.atomic_file import atomic_file
from flowrun.models.tensorflow_on_demand import MISSING, tensorflow
from flowrun.models.vggish_calibration import calibration_patches
from flowrun.models.vggish_checkpoint import Layer, read_checkpoint
from flowrun.models.vggish_network import vggish_network
from flowrun.schemas.errors import ModelError, explain

ENVIRONMENT = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",  # nothing here is worth waking a GPU for
    # Keeping freed memory halves the time: copies of 290 MB are made and dropped by the dozen.
    "MALLOC_MMAP_THRESHOLD_": str(1 << 32),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 33),
}


def convert(checkpoint: Path, path: Path, precision: str) -> None:
    """Write the network in *checkpoint* to *path*, whole or not at all.

    Args:
        checkpoint: VGGish's TensorFlow 1 checkpoint.
        path: The `.tflite` file to write.
        precision: float32; dynamic_int8 (weights of 8 bits, activations scaled as they come); int8 (integers, scaled by
            calibration, but for both ends: one input channel is slower in integers, and PCA whitening would magnify the
            rounding of fc2's output).

    Raises:
        ModelError: TensorFlow is not installed, the checkpoint is not VGGish's, or the disk is full.
    """
    if find_spec("tensorflow") is None:
        raise ModelError(MISSING)
    command = [sys.executable, "-m", "flowrun.models.vggish_convert", str(checkpoint), str(path), precision]
    done = subprocess.run(command, env=os.environ | ENVIRONMENT, capture_output=True, text=True, errors="replace")
    if done.returncode < 0:
        raise ModelError(
            f"converting {checkpoint.name} to {precision} was killed by signal {-done.returncode}; is memory short?"
        )
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise ModelError(f"converting {checkpoint.name} to {precision} failed: {said[-1]}")


def converted(layers: Mapping[str, Layer], precision: str, patches: NDArray[np.float32] | None = None) -> bytes:
    """Return the LiteRT network of *layers*; its input takes any number of patches.

    Args:
        layers: As `read_checkpoint` gives them.
        precision: float32, dynamic_int8 or int8.
        patches: What int8 is calibrated with, shape (n, 96, 64); our own where none is given.

    Raises:
        ModelError: TensorFlow is not installed.
    """
    tf = tensorflow()
    module = vggish_network(layers)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([module.embed.get_concrete_function()], module)
    if precision == "float32":
        return bytes(converter.convert())
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if precision == "dynamic_int8":
        return bytes(converter.convert())
    return _integer(tf, converter, calibration_patches() if patches is None else patches)


def _integer(tf: Any, converter: Any, patches: NDArray[np.float32]) -> bytes:
    def representative() -> Iterator[list[NDArray[np.float32]]]:
        for patch in patches:
            yield [patch[None]]

    converter.representative_dataset = representative
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns about its own interpreter, and that the statistics come later
        # TensorFlow's documented way to leave layers in float: by the names that they have after calibration.
        debugger = tf.lite.experimental.QuantizationDebugger(converter=converter)
        kept = _ends(debugger.calibrated_model)
        debugger.options = tf.lite.experimental.QuantizationDebugOptions(denylisted_nodes=kept)
        return bytes(debugger.get_nondebug_quantized_model())


def _ends(network: bytes) -> list[str]:
    """Return the names of what the first convolution and the last layer give."""
    from ai_edge_litert import schema_py_generated as schema

    model = schema.Model.GetRootAs(network)
    graph = model.Subgraphs(0)
    layers = [graph.Operators(i) for i in range(graph.OperatorsLength())]
    kinds = [model.OperatorCodes(layer.OpcodeIndex()).BuiltinCode() for layer in layers]
    first = layers[kinds.index(schema.BuiltinOperator.CONV_2D)]
    return [graph.Tensors(layer.Outputs(0)).Name().decode() for layer in (first, layers[-1])]


def main(checkpoint: str, path: str, precision: str) -> None:
    """Convert in this process; an error ends it with one line on standard error."""
    try:
        content = converted(read_checkpoint(Path(checkpoint)), precision)
        with atomic_file(Path(path), "wb") as stream:
            stream.write(content)
    except (ModelError, OSError) as error:
        sys.exit(explain(error))


if __name__ == "__main__":
    main(*sys.argv[1:])
