"""What a trained network takes and gives, as the manifest of its bundle tells."""

from __future__ import annotations

from typing import Any

from flowrun.models.log_mel import LOG_MEL
from flowrun.models.networks.catalogue import network
from flowrun.models.training.litert_conversion import (
    Precision,
    exported,
    exported_for_patches,
    litert,
    output_tensors,
)
from flowrun.models.vggish_postprocess import MAX, MIN
from flowrun.schemas.ports import Checkpoint


def converted(checkpoint: Checkpoint, precision: Precision) -> tuple[Any, bytes, dict[str, Any]]:
    """Return a trained network as a TensorFlow module, as a LiteRT network, and what the manifest says of it."""
    options = dict(checkpoint.network)
    built = network(options.pop("name"), options)
    export = exported_for_patches if checkpoint.embedding == LOG_MEL else exported
    module = export(built, checkpoint.weights, checkpoint.frames, checkpoint.dims)
    content = litert(module, precision)
    described = _of_patches if checkpoint.embedding == LOG_MEL else _of_embeddings
    return module, content, described(checkpoint, content)


def _of_patches(checkpoint: Checkpoint, content: bytes) -> dict[str, Any]:
    return {
        "task": "audio-event-recognition",
        "input": {"name": "patches", "front_end": LOG_MEL, "dtype": "float32", "shape": _shape(checkpoint)},
        "outputs": {
            output: {"dtype": "float32", "shape": [1, size], "tensor": tensor}
            for output, (tensor, size) in sorted(output_tensors(content).items(), reverse=True)
        },
    }


def _of_embeddings(checkpoint: Checkpoint, content: bytes) -> dict[str, Any]:
    return {
        "task": "embedding-classification",
        "input": {
            "name": "frames",
            "embedding": checkpoint.embedding,
            "dtype": "float32",
            "shape": _shape(checkpoint),
            "lengths": True,
            "hop_s": round(checkpoint.hop_s, 6),
        },
        "outputs": {"scores": {"dtype": "float32", "shape": [1, len(checkpoint.labels)]}},
        **({"quantisation": {"min": MIN, "max": MAX, "dtype": "uint8"}} if checkpoint.quantised else {}),
    }


def _shape(checkpoint: Checkpoint) -> list[int]:
    return [checkpoint.frames, checkpoint.dims]
