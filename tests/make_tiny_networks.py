"""Makes tests/golden/tiny_*: bundles whose networks can be computed by hand.

Run it from the repository's root: python tests/make_tiny_networks.py
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

GOLDEN = Path(__file__).parent / "golden"
OPTIONS = schema.BuiltinOptions
KINDS = schema.BuiltinOperator


class Graph:
    """A LiteRT network, written tensor by tensor and operator by operator."""

    def __init__(self) -> None:
        self._model, self._graph = schema.ModelT(), schema.SubGraphT()
        self._model.version, self._model.subgraphs = 3, [self._graph]
        self._model.buffers, self._model.operatorCodes = [schema.BufferT()], []
        self._graph.tensors, self._graph.operators = [], []

    def tensor(self, name: str, shape: list[int]) -> int:
        """Add a tensor that is computed; return its number."""
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.type = name.encode(), shape, schema.TensorType.FLOAT32
        self._graph.tensors.append(tensor)
        return len(self._graph.tensors) - 1

    def constant(self, values: NDArray[Any]) -> int:
        """Add a tensor of fixed values; return its number."""
        number = self.tensor("", list(values.shape))
        if values.dtype == np.int32:
            self._graph.tensors[number].type = schema.TensorType.INT32
        self._graph.tensors[number].buffer = len(self._model.buffers)
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(values.tobytes(), np.uint8)
        self._model.buffers.append(buffer)
        return number

    def operate(self, kind: int, inputs: list[int], output: int, options: int = 0, values: object = None) -> None:
        """Add an operator."""
        code, operator = schema.OperatorCodeT(), schema.OperatorT()
        code.builtinCode = code.deprecatedBuiltinCode = kind
        operator.opcodeIndex, operator.inputs, operator.outputs = len(self._model.operatorCodes), inputs, [output]
        operator.builtinOptionsType, operator.builtinOptions = options, values
        self._model.operatorCodes.append(code)
        self._graph.operators.append(operator)

    def packed(self, inputs: list[int], outputs: list[int]) -> bytes:
        """Return the file."""
        self._graph.inputs, self._graph.outputs = inputs, outputs
        builder = flatbuffers.Builder(1024)
        builder.Finish(self._model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def tiny_yamnet() -> bytes:
    """Embedding: the mean magnitude of every 10th sample, 10 numbers. Scores: loud, quiet, and 0.5."""
    graph = Graph()
    waveform, cut = graph.tensor("waveform", [15600]), graph.tensor("cut", [1, 1560, 10])
    magnitude, embedding = graph.tensor("magnitude", [1, 1560, 10]), graph.tensor("embedding", [1, 10])
    logits, scores = graph.tensor("logits", [1, 3]), graph.tensor("scores", [1, 3])
    weights = graph.constant(np.outer([4, -4, 0], np.ones(10)).astype(np.float32))
    bias = graph.constant(np.array([-4, 4, 0], np.float32))
    shape, axis = graph.constant(np.array([1, 1560, 10], np.int32)), graph.constant(np.array([1], np.int32))
    graph.operate(KINDS.RESHAPE, [waveform, shape], cut, OPTIONS.ReshapeOptions, schema.ReshapeOptionsT())
    graph.operate(KINDS.ABS, [cut], magnitude, OPTIONS.AbsOptions, schema.AbsOptionsT())
    graph.operate(KINDS.MEAN, [magnitude, axis], embedding, OPTIONS.ReducerOptions, schema.ReducerOptionsT())
    connect = schema.FullyConnectedOptionsT()
    graph.operate(KINDS.FULLY_CONNECTED, [embedding, weights, bias], logits, OPTIONS.FullyConnectedOptions, connect)
    graph.operate(KINDS.LOGISTIC, [logits], scores)
    return graph.packed([waveform], [scores])


def tiny_listener() -> bytes:
    """Embedding: the mean over time of each mel bin, 64 numbers. Scores: their mean is high, it is low, and 0.5."""
    graph = Graph()
    patches, embedding = graph.tensor("patches", [1, 96, 64]), graph.tensor("embedding", [1, 64])
    logits, scores = graph.tensor("logits", [1, 3]), graph.tensor("scores", [1, 3])
    weights = graph.constant(np.outer([1, -1, 0], np.full(64, 1 / 64)).astype(np.float32))
    bias, axis = graph.constant(np.zeros(3, np.float32)), graph.constant(np.array([1], np.int32))
    graph.operate(KINDS.MEAN, [patches, axis], embedding, OPTIONS.ReducerOptions, schema.ReducerOptionsT())
    connect = schema.FullyConnectedOptionsT()
    graph.operate(KINDS.FULLY_CONNECTED, [embedding, weights, bias], logits, OPTIONS.FullyConnectedOptions, connect)
    graph.operate(KINDS.LOGISTIC, [logits], scores)
    return graph.packed([patches], [scores])


def tiny_classifier(windows: int, dims: int) -> bytes:
    """Scores of a context of embeddings: of the first number of the first, of the last number of the last."""
    graph = Graph()
    context = graph.tensor("context", [1, windows, dims])
    logits, scores = graph.tensor("logits", [1, 2]), graph.tensor("scores", [1, 2])
    weights = np.zeros((2, windows * dims), np.float32)
    weights[0, 0] = weights[1, -1] = 1
    connect = schema.FullyConnectedOptionsT()
    inputs = [context, graph.constant(weights), graph.constant(np.zeros(2, np.float32))]
    graph.operate(KINDS.FULLY_CONNECTED, inputs, logits, OPTIONS.FullyConnectedOptions, connect)
    graph.operate(KINDS.LOGISTIC, [logits], scores)
    return graph.packed([context], [scores])


def write(name: str, network: bytes, **manifest: Any) -> None:
    """Write a bundle."""
    folder = GOLDEN / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.tflite").write_bytes(network)
    file = {"path": f"{name}.tflite", "sha256": hashlib.sha256(network).hexdigest(), "bytes": len(network)}
    data = {"name": name, "version": "1", "licence": "Apache-2.0", "files": [file], **manifest}
    (folder / "model.json").write_text(json.dumps(data, indent=1) + "\n")


def outputs(classes: int, dims: int) -> dict[str, Any]:
    """Return what the manifest of a network with scores and an embedding says of them."""
    return {
        "scores": {"dtype": "float32", "shape": [1, classes], "tensor": "scores"},
        "embedding": {"dtype": "float32", "shape": [1, dims], "tensor": "embedding"},
    }


if __name__ == "__main__":
    write(
        "tiny_yamnet",
        tiny_yamnet(),
        task="audio-classification",
        input={"dtype": "float32", "shape": [15600]},
        outputs=outputs(3, 10),
        front_end={"name": "inside the network"},
        labels=["Loud", "Quiet", "Odd"],
    )
    write(
        "tiny_listener",
        tiny_listener(),
        task="audio-classification",
        hop_s=0.24,
        input={"dtype": "float32", "shape": [96, 64]},
        outputs=outputs(3, 64),
        front_end={"name": "log_mel"},
        labels=["Loud", "Quiet", "Odd"],
    )
    write(
        "tiny_classifier",
        tiny_classifier(3, 4),
        task="embedding-classification",
        input={"embedding": "vggish", "dtype": "float32", "shape": [3, 4]},
        outputs={"scores": {"dtype": "float32", "shape": [1, 2]}},
        quantisation={"min": -2.0, "max": 2.0},
        labels=["First", "Last"],
    )
    write(
        "tiny_sounds",
        tiny_classifier(2, 64),
        task="embedding-classification",
        input={"embedding": "tiny_listener", "dtype": "float32", "shape": [2, 64], "hop_s": 0.48},
        outputs={"scores": {"dtype": "float32", "shape": [1, 2]}},
        labels=["First", "Last"],
    )
