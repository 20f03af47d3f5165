"""Makes tests/golden/tiny_vggish.tflite: VGGish's input and output, but only the mean of each bin over time, twice.

Run it from the repository's root: python tests/make_tiny_vggish.py
"""

from __future__ import annotations

from pathlib import Path

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

TARGET = Path(__file__).parent / "golden" / "tiny_vggish.tflite"


def tiny_vggish() -> bytes:
    """Return the network: float32 (n, 96, 64) to (n, 128)."""
    empty, axis = schema.BufferT(), schema.BufferT()
    axis.data = np.frombuffer(np.array([1], np.int32).tobytes(), np.uint8)

    def tensor(name: str, shape: list[int], kind: int, buffer: int) -> schema.TensorT:
        made = schema.TensorT()
        made.name, made.shape, made.type, made.buffer = name.encode(), shape, kind, buffer
        made.shapeSignature = [-1, *shape[1:]] if len(shape) > 1 else shape
        return made

    def operator(code: int, inputs: list[int], outputs: list[int], kind: int, options: object) -> schema.OperatorT:
        made = schema.OperatorT()
        made.opcodeIndex, made.inputs, made.outputs = code, inputs, outputs
        made.builtinOptionsType, made.builtinOptions = kind, options
        return made

    def code(builtin: int) -> schema.OperatorCodeT:
        made = schema.OperatorCodeT()
        made.builtinCode = made.deprecatedBuiltinCode = builtin
        return made

    graph, model, join = schema.SubGraphT(), schema.ModelT(), schema.ConcatenationOptionsT()
    join.axis = 1
    floats, integers = schema.TensorType.FLOAT32, schema.TensorType.INT32
    graph.tensors = [
        tensor("patches", [1, 96, 64], floats, 0),
        tensor("axis", [1], integers, 1),
        tensor("mean", [1, 64], floats, 0),
        tensor("embedding", [1, 128], floats, 0),
    ]
    graph.inputs, graph.outputs = [0], [3]
    kinds = schema.BuiltinOptions
    graph.operators = [
        operator(0, [0, 1], [2], kinds.ReducerOptions, schema.ReducerOptionsT()),
        operator(1, [2, 2], [3], kinds.ConcatenationOptions, join),
    ]
    model.version, model.subgraphs, model.buffers = 3, [graph], [empty, axis]
    model.operatorCodes = [code(schema.BuiltinOperator.MEAN), code(schema.BuiltinOperator.CONCATENATION)]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


if __name__ == "__main__":
    TARGET.write_bytes(tiny_vggish())
