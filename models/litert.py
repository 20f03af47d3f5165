"""Networks in LiteRT: one interpreter per object, float arrays in and out."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowrun.models.quiet import quiet
from flowrun.schemas.errors import ModelError
from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Network:
    """A LiteRT network.

    Args:
        path: The `.tflite` file.
        tensors: Names of the tensors to return; the network's own outputs where none is given. A tensor inside the
            network becomes an output.
        batch: How many items along the first axis of every input to begin with; `__call__` then takes any number (a
            change costs nothing much). None keeps the input shape of the file.
        threads: Threads of one call.

    Raises:
        ModelError: the file is not a LiteRT network, or has no such tensor.
    """

    def __init__(self, path: Path, tensors: Sequence[str] = (), *, batch: int | None = None, threads: int = 1) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._batch: int | None = None
        try:
            # By its path a file is mapped: its pages are shared by all processes that run it, and can be given back.
            source = (
                {"model_content": _with_outputs(path.read_bytes(), tensors)} if tensors else {"model_path": str(path)}
            )
            with quiet():
                self._interpreter = Interpreter(**source, num_threads=threads)
                self._inputs = sorted(self._interpreter.get_input_details(), key=_name)
                if batch is not None:
                    self._resize(batch)
                self._interpreter.allocate_tensors()
        except OSError as error:
            raise ModelError(f"{path}: {error.strerror}") from None
        except (ValueError, RuntimeError, KeyError) as error:
            raise ModelError(f"{path}: not a LiteRT network that can be run: {error}") from None
        details = self._interpreter.get_output_details()
        by_name = {detail["name"]: detail for detail in details}
        self._outputs = [by_name[name] for name in tensors] if tensors else details
        self.input_shapes = tuple(map(_shape, sorted(self._interpreter.get_input_details(), key=_name)))
        self.output_shapes = tuple(_shape(detail) for detail in self._interpreter.get_output_details())

    def __call__(self, *values: NDArray[Any]) -> list[NDArray[np.float32]]:
        """Return the outputs for *values*, an array of the input's shape for each input, in the order of their names.

        Integers that stand for fractions are scaled to what they mean.
        """
        if self._batch is not None and len(values[0]) != self._batch:
            self._resize(len(values[0]))
            self._interpreter.allocate_tensors()
        for value, detail in zip(values, self._inputs, strict=True):
            self._interpreter.set_tensor(detail["index"], _to_integers(value, detail))
        self._interpreter.invoke()
        return [_to_floats(self._interpreter.get_tensor(detail["index"]), detail) for detail in self._outputs]

    def _resize(self, batch: int) -> None:
        for detail in self._inputs:
            self._interpreter.resize_tensor_input(detail["index"], [batch, *detail["shape"][1:]])
        self._batch = batch

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of the first input."""
        return self.input_shapes[0]


def _name(detail: dict[str, Any]) -> str:
    return str(detail["name"])


def _shape(detail: dict[str, Any]) -> tuple[int, ...]:
    return tuple(int(n) for n in detail["shape"])


def _to_integers(values: NDArray[Any], detail: dict[str, Any]) -> NDArray[Any]:
    if detail["dtype"] == values.dtype:
        return values
    scale, zero = detail["quantization"]
    limits = np.iinfo(detail["dtype"])
    scaled: NDArray[Any] = np.clip(np.rint(values / scale) + zero, limits.min, limits.max)
    return scaled.astype(detail["dtype"])


def _to_floats(values: NDArray[Any], detail: dict[str, Any]) -> NDArray[np.float32]:
    if values.dtype == np.float32:
        return values
    scale, zero = detail["quantization"]
    return (values.astype(np.float32) - np.float32(zero)) * np.float32(scale)


def _with_outputs(content: bytes, tensors: Sequence[str]) -> bytes:
    """Return the network with *tensors* as its outputs: their list at the end of the file, and the link to it.

    The numbers are the fields' slots in LiteRT's schema.fbs; its generated Python code would do the same in ten times
    the time and with 20 MB.
    """
    from flatbuffers.table import Table

    def field(table: Table, slot: int) -> int:
        return int(table.Offset(4 + 2 * slot))

    data = bytearray(content)
    model = Table(data, struct.unpack_from("<I", data)[0])
    graph = Table(data, model.Indirect(model.Vector(field(model, 2))))  # Model.subgraphs[0]
    first, count = graph.Vector(field(graph, 0)), graph.VectorLen(field(graph, 0))  # SubGraph.tensors
    known: dict[str, int] = {}
    for index in range(count):
        tensor = Table(data, graph.Indirect(first + 4 * index))
        known[tensor.String(tensor.Pos + field(tensor, 3)).decode()] = index  # Tensor.name
    link = graph.Pos + field(graph, 2)  # SubGraph.outputs
    data += bytes(-len(data) % 4)
    struct.pack_into("<I", data, link, len(data) - link)
    data += struct.pack(f"<I{len(tensors)}i", len(tensors), *(known[name] for name in tensors))
    return bytes(data)
