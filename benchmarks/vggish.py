"""VGGish in LiteRT against the same network in a TensorFlow 1 session, as flowrun's forerunner ran it, on all cores.

The weights are random: they do not change the speed. Writing and converting them takes minutes.
"""

from __future__ import annotations

from measure import Row, interleaved, report  # before NumPy

# isort: split
import os
import tempfile
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from forerunner import session

from flowrun.models.litert import Network
from flowrun.models.vggish_calibration import calibration_patches
from flowrun.models.vggish_check import cosine
from flowrun.models.vggish_checkpoint import LAYERS
from flowrun.models.vggish_convert import convert

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
