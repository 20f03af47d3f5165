"""Does YAMNet compute what it should?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from flowrun.models.bundle import Bundle
from flowrun.models.check import Check
from flowrun.models.litert import Network


def check_yamnet(found: Bundle) -> Iterator[Check]:
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
    scores = network(np.zeros(network.input_shape, np.float32))[0].reshape(-1)
    best = found.labels[int(scores.argmax())]
    yield Check("silence is heard as silence", best == "Silence", f"{best}: {scores.max():.2f}")
