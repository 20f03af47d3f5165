"""Variables, environment and secret files in the values of a flow.

Replacement happens after parsing, value by value: what comes from outside is text or one scalar and can never
become a key, a list or a step.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flowrun.runtime.language.document import Document, Keys
from flowrun.runtime.language.yaml_reader import scalar
from flowrun.schemas.errors import Problem
from flowrun.schemas.parameters import Schema
from flowrun.schemas.stream_info import nearest

MAX_SECRET_BYTES = 64 * 1024
REFERENCE = re.compile(r"\$(?:(?P<dollar>\$)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|\{(?P<braced>[^{}]*)\})")
ENVIRONMENT = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?:(?P<how>:[-?])(?P<text>.*))?", re.S)


class Given(str):
    """Text from outside the file; the schema decides whether it is read as a number."""

    __slots__ = ()


class Secret(Given):
    """Text that is never shown."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"


class Unknown:
    """Stands for a value whose reference could not be replaced, so that it causes no second complaint."""


UNKNOWN = Unknown()


class Interpolation:
    """Fills in the references of one document; problems gather in `problems`."""

    def __init__(self, document: Document, environment: Mapping[str, str]) -> None:
        self.document = document
        self.environment = environment
        self.problems: list[Problem] = []
        self.variables: dict[str, Any] = {}

    def flow(self) -> Any:
        """Return the data of the document with every reference replaced."""
        data = self.document.data
        if not isinstance(data, dict):
            return data
        given = data.get("vars")
        for name, value in given.items() if isinstance(given, dict) else ():
            self.variables[name] = self.value(value, ("vars", name))
        filled = {key: self.value(value, (key,)) if key in ("steps", "tests") else value for key, value in data.items()}
        return filled | ({"vars": dict(self.variables)} if isinstance(given, dict) else {})

    def value(self, value: Any, path: Keys) -> Any:
        """Return *value*, which stands at *path*, with its references replaced."""
        if isinstance(value, dict):
            filled = {key: self.value(child, (*path, key)) for key, child in value.items()}
            # A variable that is null leaves its key out, as if it had not been written.
            return {key: child for key, child in filled.items() if child is not None or value[key] is None}
        if isinstance(value, list):
            return [self.value(child, (*path, i)) for i, child in enumerate(value)]
        if not isinstance(value, str) or "$" not in value or isinstance(value, Secret):
            return value
        whole = REFERENCE.fullmatch(value)
        if whole:
            return self.lookup(whole, path)
        secret, end, text = False, 0, ""
        for match in REFERENCE.finditer(value):
            found = self.lookup(match, path)
            if found is UNKNOWN:
                return UNKNOWN
            secret = secret or isinstance(found, Secret)
            text += value[end : match.start()] + str(found)
            end = match.end()
        text += value[end:]
        return Secret(text) if secret else Given(text)

    def lookup(self, match: re.Match[str], path: Keys) -> Any:
        """Return what one reference stands for."""
        if match["dollar"]:
            return "$"
        if match["name"]:
            return self.variable(match["name"], path)
        inside = match["braced"]
        if inside.startswith("file:"):
            return self.secret(inside[5:], path)
        parts = ENVIRONMENT.fullmatch(inside)
        if not parts:
            self.complain(
                path,
                f"{match[0]} is not a reference",
                "write ${NAME}, ${NAME:-default}, ${NAME:?message} or ${file:PATH}",
            )
            return UNKNOWN
        name, how, text = parts["name"], parts["how"], parts["text"]
        if name in self.variables and how is None:
            return self.variables[name]
        value = self.environment.get(name, "")
        if value:
            return Given(value)
        if how == ":-":
            return Given(text)
        if name not in self.environment or how == ":?":
            self.complain(
                path,
                f"the environment has no {name}" + (f": {text}" if text else ""),
                "" if text else f"set it, or give a default: ${{{name}:-…}}",
            )
            return UNKNOWN
        return Given(value)

    def variable(self, name: str, path: Keys) -> Any:
        """Return the value of `$name`."""
        if name in self.variables:
            return self.variables[name]
        in_environment = name in self.environment
        remedy = (
            f"write ${{{name}}} for the environment's" if in_environment else nearest(name, self.variables or ["none"])
        )
        self.complain(path, f"no variable {name!r} under vars", remedy)
        return UNKNOWN

    def secret(self, file: str, path: Keys) -> Any:
        """Return the text of a secret file, without its last line end."""
        try:
            with Path(file).open("rb") as stream:
                raw = stream.read(MAX_SECRET_BYTES + 1)
            if len(raw) > MAX_SECRET_BYTES:
                raise ValueError(f"larger than {MAX_SECRET_BYTES // 1024} KiB")
            return Secret(raw.decode("utf-8").removesuffix("\n").removesuffix("\r"))
        except (OSError, ValueError) as error:
            reason = (
                error.strerror
                if isinstance(error, OSError)
                else "not UTF-8 text"
                if isinstance(error, UnicodeError)
                else str(error)
            )
            self.complain(path, f"the secret file {file!r} cannot be read: {reason}")
            return UNKNOWN

    def complain(self, path: Keys, message: str, remedy: str = "") -> None:
        """Note a problem at *path*."""
        self.problems.append(self.document.problem(path, "reference", message, remedy))


def fit(value: Any, schema: Schema) -> Any:
    """Read text from outside as the type that *schema* wants.

    >>> fit(Given("3"), {"type": "integer"}), fit(Given("3"), {"type": "string"}), fit("3", {"type": "integer"})
    (3, '3', '3')
    """
    if isinstance(value, dict):
        properties, rest = schema.get("properties", {}), schema.get("additionalProperties", {})
        return {
            key: fit(child, properties.get(key, rest if isinstance(rest, dict) else {})) for key, child in value.items()
        }
    if isinstance(value, list):
        return [fit(child, schema.get("items", {})) for child in value]
    if not isinstance(value, Given):
        return value
    wanted = schema.get("type", "string" if "enum" not in schema or value in schema["enum"] else "any")
    if wanted == "string" or (isinstance(wanted, list) and "string" in wanted):
        return value if isinstance(value, Secret) else str(value)
    return value if isinstance(value, Secret) else scalar(value)
