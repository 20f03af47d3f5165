"""VGGish in LiteRT against the same network in a TensorFlow 1 session, as flowrun's forerunner ran it, on all cores.

The weights are random: they do not change the speed. Writing and converting them takes minutes.
"""

from __future__ import annotations

from measure import Row, interleaved, report  # before NumPy

# isort: split
import os
import tempfile
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flowrun.models.litert import Network
from flowrun.models.vggish_calibration import calibration_patches
from flowrun.models.vggish_check import cosine
from flowrun.models.vggish_checkpoint import LAYERS
from flowrun.models.vggish_convert import convert
from flowrun.models.vggish_network import STAGES

CORES = os.cpu_count() or 1
ROUNDS = 15
BATCHES = (1, 16)


def write_checkpoint(path: Path) -> None:
    """Write random weights in the official layout and format."""
    import tensorflow as tf

    random = np.random.default_rng(0)
    weights = {
        f"vggish/{name}/weights": random.standard_normal(shape, np.float32)
        * np.float32(np.sqrt(2 / np.prod(shape[:-1])))
        for name, shape in LAYERS.items()
    }
    biases = {f"vggish/{name}/biases": np.zeros(shape[-1], np.float32) for name, shape in LAYERS.items()}
    variables = weights | biases
    tf.raw_ops.Save(filename=str(path), tensor_names=list(variables), data=list(variables.values()))


def session(checkpoint: Path) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    """Return the network in a TensorFlow 1 session."""
    import tensorflow as tf

    v1 = tf.compat.v1
    with tf.Graph().as_default():
        patches = v1.placeholder(tf.float32, (None, 96, 64))

        def layer(name: str) -> tuple[Any, Any]:
            with v1.variable_scope(f"vggish/{name}"):
                return v1.get_variable("weights", LAYERS[name]), v1.get_variable("biases", LAYERS[name][-1:])

        values = tf.reshape(patches, (-1, 96, 64, 1))
        for stage in STAGES:
            for name in stage:
                weights, biases = layer(name)
                values = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(values, weights, 1, "SAME"), biases))
            values = tf.nn.max_pool2d(values, 2, 2, "SAME")
        values = tf.reshape(values, (-1, 12288))
        for name in ("fc1/fc1_1", "fc1/fc1_2", "fc2"):
            weights, biases = layer(name)
            values = tf.nn.bias_add(tf.matmul(values, weights), biases)
            values = values if name == "fc2" else tf.nn.relu(values)
        running = v1.Session()
        v1.train.Saver(write_version=1).restore(running, str(checkpoint))
    return lambda given: np.asarray(running.run(values, {patches: given}))


def main() -> None:
    """Measure."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if find_spec("tensorflow") is None:
        raise SystemExit("TensorFlow is not installed: pip install 'flowrun[vggish]'")
    with tempfile.TemporaryDirectory() as place:
        checkpoint = Path(place) / "vggish_model.ckpt"
        write_checkpoint(checkpoint)
        before = session(checkpoint)
        networks = {}
        for precision in ("float32", "dynamic_int8", "int8"):
            convert(checkpoint, Path(place) / f"{precision}.tflite", precision)
            networks[precision] = Network(Path(place) / f"{precision}.tflite", batch=1, threads=CORES)
        rows = []
        sounds = calibration_patches()[1:]
        for batch in BATCHES:
            patches = sounds[:batch]
            took = interleaved(
                {"session": partial(before, patches)} | {name: partial(net, patches) for name, net in networks.items()},
                ROUNDS,
            )
            name = f"vggish, batch {batch}"
            for candidate, seconds in took.items():
                rows.append(Row(name, f"speed of {candidate}", batch / seconds, "patches/s"))
                if candidate != "session":
                    target = ">= 4 (needs VNNI)" if (candidate, batch) == ("int8", 1) else ""
                    ratio = took["session"] / seconds
                    rows.append(Row(name, f"{candidate}, times as fast as the session", ratio, "x", target))
        expected = before(sounds[::3])
        for candidate, network in networks.items():
            lowest = float(cosine(network(sounds[::3])[0], expected).min())
            rows.append(Row("vggish", f"{candidate} against the session", lowest, "lowest cosine", ">= 0.999"))
    report(rows)


if __name__ == "__main__":
    main()
