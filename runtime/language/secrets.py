"""What of a flow is secret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flowrun.runtime.language.document import Keys
from flowrun.runtime.language.interpolate import Secret
from flowrun.schemas.parameters import Schema
from flowrun.schemas.redaction import hide, secrets_in


def hide_secrets(step: Any, schema: Schema, path: Keys, outside: Mapping[Keys, Sequence[str]]) -> None:
    """Have every secret of the *step* at *path* hidden from logs, errors and reports.

    Args:
        step: Its keys and values, with references replaced.
        schema: Its schema.
        path: The keys that lead to it.
        outside: By the path of a value, the texts that its references stood for: of `Bearer ${TOKEN}` the token.
    """
    for keys, value, secret in leaves(step, schema, path):
        if secret or isinstance(value, Secret):
            for text in (str(value), *outside.get(keys, ())):
                hide(text)
        elif isinstance(value, str):
            for text in secrets_in(value):
                hide(text)


def leaves(value: Any, schema: Schema, path: Keys, *, secret: bool = False) -> Iterator[tuple[Keys, Any, bool]]:
    """Yield the path of each text and number in *value*, it itself, and whether *schema* wants it kept secret.

    >>> list(leaves({"a": ["x", 1]}, {"properties": {"a": {"writeOnly": True}}}, ()))
    [(('a', 0), 'x', True), (('a', 1), 1, True)]
    """
    secret = secret or bool(schema.get("writeOnly"))
    if isinstance(value, dict):
        properties, rest = schema.get("properties", {}), schema.get("additionalProperties", {})
        rest = rest if isinstance(rest, dict) else {}
        for key, child in value.items():
            yield from leaves(child, properties.get(key, rest), (*path, key), secret=secret)
    elif isinstance(value, list):
        for i, child in enumerate(value):
            yield from leaves(child, schema.get("items", {}), (*path, i), secret=secret)
    elif isinstance(value, (str, int, float)) and not isinstance(value, bool):
        yield path, value, secret
