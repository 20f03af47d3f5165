"""tf.train.SequenceExample as a protobuf message, without TensorFlow: its description is built here.

A tf.train.Example has its features under the number of a SequenceExample's context, so it is, byte for byte, a
SequenceExample without feature lists, and is read and written as one.

Source: tensorflow/core/example/example.proto and feature.proto.
"""

from __future__ import annotations

from functools import cache
from typing import Any


def sequence_example(data: bytes = b"") -> Any:
    """Return the `tensorflow.SequenceExample` in *data*.

    Raises:
        ValueError: *data* is none.

    >>> example = sequence_example()
    >>> example.context.feature["labels"].int64_list.value.extend([3, 7])
    >>> sequence_example(example.SerializeToString()).context.feature["labels"].int64_list.value
    [3, 7]
    """
    from google.protobuf.message import DecodeError

    try:
        return _message().FromString(data)
    except DecodeError as error:
        raise ValueError(f"its bytes are no tf.train.Example or SequenceExample: {error}") from None


@cache
def _message() -> Any:
    from google.protobuf.descriptor_pb2 import FileDescriptorProto
    from google.protobuf.descriptor_pool import DescriptorPool
    from google.protobuf.message_factory import GetMessageClass

    file = FileDescriptorProto(name="flowrun/example.proto", package="tensorflow", syntax="proto3")
    _add(file, "BytesList", value=["bytes"])
    _add(file, "FloatList", value=["float"])
    _add(file, "Int64List", value=["int64"])
    feature = _add(file, "Feature", bytes_list="BytesList", float_list="FloatList", int64_list="Int64List")
    feature.oneof_decl.add(name="kind")
    for field in feature.field:
        field.oneof_index = 0
    _add(file, "Features", feature={"string": "Feature"})
    _add(file, "FeatureList", feature=["Feature"])
    _add(file, "FeatureLists", feature_list={"string": "FeatureList"})
    _add(file, "SequenceExample", context="Features", feature_lists="FeatureLists")
    pool = DescriptorPool()  # our own: TensorFlow's messages of the same names are in the default one
    pool.AddSerializedFile(file.SerializeToString())
    return GetMessageClass(pool.FindMessageTypeByName("tensorflow.SequenceExample"))


def _add(file: Any, name: str, **fields: Any) -> Any:
    """Add a message to *file*; a list of one type is a repeated field, a dict of one a map."""
    message = file.message_type.add(name=name)
    for number, (field, of) in enumerate(fields.items(), 1):
        if isinstance(of, dict):  # a map is a repeated message of its keys and values
            entry = "".join(part.title() for part in field.split("_")) + "Entry"
            nested = message.nested_type.add(name=entry)
            nested.options.map_entry = True
            ((key, value),) = of.items()
            _field(nested, "key", 1, key)
            _field(nested, "value", 2, value)
            _field(message, field, number, f"{name}.{entry}", repeated=True)
        elif isinstance(of, list):
            _field(message, field, number, of[0], repeated=True)
        else:
            _field(message, field, number, of)
    return message


def _field(message: Any, name: str, number: int, of: str, *, repeated: bool = False) -> None:
    from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Field

    scalars = {"bytes": Field.TYPE_BYTES, "float": Field.TYPE_FLOAT, "int64": Field.TYPE_INT64}
    scalars["string"] = Field.TYPE_STRING
    field = message.field.add(name=name, number=number, type=scalars.get(of, Field.TYPE_MESSAGE))
    field.label = Field.LABEL_REPEATED if repeated else Field.LABEL_OPTIONAL
    if of not in scalars:
        field.type_name = f".tensorflow.{of}"
