"""The chain of flowrun's forerunner, devicehive-audio-analysis: file, resampy, NumPy front end, TensorFlow 1 session.

As a program, `python benchmarks/forerunner.py FILE CHECKPOINT`, it runs the chain once, from a cold start to the end.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flowrun.models.vggish_checkpoint import LAYERS
from flowrun.models.vggish_network import STAGES


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
    """Run the chain on a file."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import resampy
    import soundfile
    from log_mel import reference

    samples, rate_hz = soundfile.read(sys.argv[1])
    frames = reference(resampy.resample(samples, rate_hz, 16000))
    count = (len(frames) - 96) // 96 + 1
    patches = frames[: 96 * count].reshape(count, 96, 64).astype(np.float32)
    print(session(Path(sys.argv[2]))(patches).shape)


if __name__ == "__main__":
    main()
