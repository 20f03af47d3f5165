"""How many parameters a LiteRT network has."""

from __future__ import annotations

from math import prod
from pathlib import Path


def parameters(path: Path) -> int:
    """Return how many weights and biases the layers of a network have, from its `.tflite` file."""
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(path.read_bytes())
    kinds = schema.BuiltinOperator
    layers = {kinds.CONV_2D, kinds.DEPTHWISE_CONV_2D, kinds.FULLY_CONNECTED, kinds.DEQUANTIZE}
    graph = model.subgraphs[0]
    used = {
        index
        for operator in graph.operators
        if model.operatorCodes[operator.opcodeIndex].builtinCode in layers
        for index in operator.inputs
        if index >= 0 and model.buffers[graph.tensors[index].buffer].data is not None
    }
    return sum(prod(map(int, graph.tensors[index].shape)) for index in used)
