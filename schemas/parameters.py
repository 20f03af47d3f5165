"""From the annotation of a parameter to its JSON Schema."""

from __future__ import annotations

import json
import types
import typing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Schema = dict[str, Any]
JSON_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string"}


@dataclass(frozen=True, slots=True)
class Field:
    """The unit and the range of a parameter, for `Annotated`; `exists` wants a path that is there.

    patterns: paths with wildcards, which lead from the working directory or, where they lead nowhere, from the flow's.
    example: a value as JSON, for documentation where the type alone makes none that is valid.
    secret: no text of it is ever shown, in a list or a map neither; a flow gets it from outside.
    """

    unit: str = ""
    gt: float | None = None
    ge: float | None = None
    lt: float | None = None
    le: float | None = None
    exists: Literal["file", "folder", "file or folder"] | None = None
    patterns: bool = False
    example: str = ""
    doc: str = ""
    secret: bool = False

    def rules(self) -> Schema:
        """Return the JSON Schema keywords of the limits."""
        words = {
            "x-unit": self.unit or None,
            "exclusiveMinimum": self.gt,
            "minimum": self.ge,
            "exclusiveMaximum": self.lt,
            "maximum": self.le,
            "x-exists": self.exists,
            "x-patterns": self.patterns or None,
            "examples": [json.loads(self.example)] if self.example else None,
            "description": self.doc or None,
            "writeOnly": self.secret or None,
        }
        return {word: value for word, value in words.items() if value is not None}


def schema_of(hint: Any) -> Schema:
    """Return the JSON Schema of a type annotation.

    Known are bool, int, float, str, Path, Literal, list, dict with str keys, TypedDict, unions of these that
    differ in their JSON type, and `Annotated` with a `Field`. `X | None` is X: an absent key is the None.

    Raises:
        TypeError: the annotation has no schema.

    >>> schema_of(typing.Annotated[float, Field("s", gt=0)])
    {'type': 'number', 'x-unit': 's', 'exclusiveMinimum': 0}
    >>> schema_of(float | list[str])
    {'type': ['number', 'array'], 'items': {'type': 'string'}}
    """
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint in JSON_TYPES:
        return {"type": JSON_TYPES[hint]}
    if hint is Path:
        return {"type": "string", "minLength": 1, "x-path": True}
    if origin is typing.Annotated:
        limits = [field.rules() for field in hint.__metadata__ if isinstance(field, Field)]
        return _merged([schema_of(arguments[0]), *limits])
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (typing.Union, types.UnionType):
        return _merged([schema_of(a) for a in arguments if a is not types.NoneType])
    if origin is list:
        return {"type": "array", "items": schema_of(arguments[0])}
    if origin is dict and arguments[0] is str:
        return {"type": "object", "additionalProperties": schema_of(arguments[1])}
    if typing.is_typeddict(hint):
        keys = typing.get_type_hints(hint, include_extras=True)
        return {
            "type": "object",
            "properties": {key: schema_of(of) for key, of in keys.items()},
            "required": [key for key in keys if key in hint.__required_keys__],
            "additionalProperties": False,
        }
    raise TypeError(f"a parameter cannot be a {hint!r}")


def _merged(schemas: list[Schema]) -> Schema:
    # Keywords speak of one JSON type each, so the rules of several types stand beside each other.
    merged: Schema = {}
    for schema in schemas:
        types_before, types_now = merged.get("type"), schema.get("type")
        merged |= schema
        if types_before and types_now:
            merged["type"] = [*_listed(types_before), *_listed(types_now)]
    return merged


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
