"""Does a network that hears AudioSet's classes compute what it should?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from flowrun.models.bundle import Bundle
from flowrun.models.check import Check
from flowrun.models.litert import Network
from flowrun.models.log_mel import LOG_MEL, LOG_OFFSET


def check_recogniser(found: Bundle) -> Iterator[Check]:
    """Check the shapes against the manifest, and that silence is heard as silence.

    Raises:
        ModelError: the network cannot be run.
    """
    declared = found.data["outputs"]
    network = Network(found.path(found.files[0].path), [declared["scores"]["tensor"], declared["embedding"]["tensor"]])
    shapes = network.input_shape, *network.output_shapes
    expected = tuple(tuple(each["shape"]) for each in (found.data["input"], declared["scores"], declared["embedding"]))
    fits = [np.prod(shape) == np.prod(other) for shape, other in zip(shapes, expected, strict=True)]
    classes = len(found.labels)
    yield Check("shapes", all(fits) and classes == expected[1][-1], f"{shapes[0]} gives {shapes[1:]}; {classes} labels")
    silence = np.log(LOG_OFFSET) if found.data["input"].get("front_end") == LOG_MEL else 0.0
    scores = network(np.full(network.input_shape, silence, np.float32))[0].reshape(-1)
    best = found.labels[int(scores.argmax())]
    yield Check("silence is heard as silence", best == "Silence", f"{best}: {scores.max():.2f}")
