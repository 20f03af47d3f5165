"""JSON Schema's findings in the words of the person who wrote the flow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema

from flowrun.runtime import discovery
from flowrun.runtime.language.document import Document, Keys
from flowrun.runtime.language.interpolate import Unknown
from flowrun.schemas.errors import Problem
from flowrun.schemas.parameters import Schema
from flowrun.schemas.stream_info import nearest

LIMITS = {"exclusiveMinimum": ">", "minimum": ">=", "exclusiveMaximum": "<", "maximum": "<="}
SIZES = {"minLength": "must not be empty", "minItems": "must not be empty", "minProperties": "must not be empty"}
KINDS = {
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "boolean": "true or false",
    "array": "a list",
    "object": "a map",
    "null": "empty",
}


def problems(document: Document, data: Any, schema: Schema) -> Iterator[Problem]:
    """Yield what *schema* finds wrong in *data*."""
    for error in jsonschema.Draft202012Validator(schema).iter_errors(data):
        if not isinstance(error.instance, Unknown):
            yield from _explained(document, error)


def _explained(document: Document, error: jsonschema.ValidationError) -> Iterator[Problem]:
    path: Keys = tuple(error.absolute_path)
    rule: Any = error.schema if isinstance(error.schema, dict) else {}
    where = f"step {path[1]!r}: " if path[:1] == ("steps",) and len(path) > 1 else ""
    key = ".".join(map(str, path[2:] if where else path)) or ("it" if where else "the flow")
    limit: Any = error.validator_value
    got: Any = error.instance
    word = str(error.validator)
    unit = f" {rule['x-unit']}" if rule.get("x-unit") else ""
    if word == "additionalProperties":
        known = rule.get("properties", {})
        for extra in (k for k in got if k not in known):
            yield document.problem(
                (*path, extra),
                "unknown-key",
                f"{where}unknown key {extra!r}",
                nearest(extra, known or ["none"]),
                at_key=True,
            )
    elif word == "required":
        for missing in (k for k in limit if k not in got):
            if error.message.startswith(repr(missing)):
                yield document.problem(
                    path, "missing-key", f"{where}{missing!r} is missing", _what(rule, missing), at_key=bool(where)
                )
    elif word == "enum" and path[-1:] == ("use",):
        yield document.problem(
            path, "unknown-operator", f"{where}no operator {got!r}", nearest(str(got), discovery.names())
        )
    elif word in ("enum", "const"):
        known = limit if word == "enum" else [limit]
        yield document.problem(path, "value", f"{where}{key} cannot be {got!r}", nearest(str(got), known))
    elif word in LIMITS:
        yield document.problem(path, "range", f"{where}{key} must be {LIMITS[word]} {limit}{unit}, got {got}")
    elif word == "type":
        kinds = " or ".join(KINDS.get(kind, kind) for kind in ([limit] if isinstance(limit, str) else limit))
        yield document.problem(
            path, "type", f"{where}{key} must be {kinds}{f' ({unit.strip()})' if unit else ''}, got {_shown(got)}"
        )
    elif word in SIZES:
        yield document.problem(path, "value", f"{where}{key} {SIZES[word]}")
    elif word == "pattern" and "propertyNames" in error.absolute_schema_path:
        yield document.problem(
            (*path, got), "name", f"the name {got!r} must be lower-case letters, digits and _", at_key=True
        )
    else:
        yield document.problem(path, "value", f"{where}{key}: {error.message[:200]}")


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, (dict, list)):
        return KINDS["object" if isinstance(value, dict) else "array"]
    return repr(value)[:60]


def _what(rule: Schema, key: str) -> str:
    return str(rule.get("properties", {}).get(key, {}).get("description", ""))
