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
from flowrun.schemas.redaction import hide
from flowrun.schemas.stream_info import nearest

MAX_SECRET_BYTES = 64 * 1024
REFERENCE = re.compile(r"\$(?:(?P<dollar>\$)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|\{(?P<braced>[^{}]*)\})")
CREDENTIAL = re.compile(r"(?!\.{1,2}$)[^/\0]{1,255}")
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
    """Fills in the references of one document; problems gather in `problems`.

    outside: by the path of a value, the texts that its references stand for.
    """

    def __init__(self, document: Document, environment: Mapping[str, str]) -> None:
        self.document = document
        self.environment = environment
        self.problems: list[Problem] = []
        self.variables: dict[str, Any] = {}
        self.outside: dict[Keys, list[str]] = {}

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
            if not match["dollar"]:
                self.outside.setdefault(path, []).append(str(found))
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
            return self.secret(Path(inside[5:]), path)
        if inside.startswith("credential:"):
            return self.credential(inside[11:], path)
        parts = ENVIRONMENT.fullmatch(inside)
        if not parts:
            self.complain(
                path,
                f"{match[0]} is not a reference",
                "write ${NAME}, ${NAME:-default}, ${NAME:?message}, ${file:PATH} or ${credential:NAME}",
            )
            return UNKNOWN
        name, how, text = parts["name"], parts["how"], parts["text"]
        if name in self.variables and how is None:
            return self.variable(name, path)
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
            if parts := self.outside.get(("vars", name)):
                self.outside.setdefault(path, []).extend(parts)
            return self.variables[name]
        in_environment = name in self.environment
        remedy = (
            f"write ${{{name}}} for the environment's" if in_environment else nearest(name, self.variables or ["none"])
        )
        self.complain(path, f"no variable {name!r} under vars", remedy)
        return UNKNOWN

    def credential(self, name: str, path: Keys) -> Any:
        """Return the text of a credential that systemd has given the service."""
        folder = self.environment.get("CREDENTIALS_DIRECTORY", "")
        if not CREDENTIAL.fullmatch(name):
            self.complain(path, f"{name!r} is not the name of a credential", "that is the name of a file, no path")
        elif not folder:
            remedy = f"run it as a service with LoadCredential={name}:PATH, or write ${{file:PATH}}"
            self.complain(path, f"there is no credential {name!r}: $CREDENTIALS_DIRECTORY is not set", remedy)
        else:
            return self.secret(Path(folder) / name, path)
        return UNKNOWN

    def secret(self, file: Path, path: Keys) -> Any:
        """Return the text of a secret file, without its last line end."""
        try:
            with file.open("rb") as stream:
                raw = stream.read(MAX_SECRET_BYTES + 1)
            if len(raw) > MAX_SECRET_BYTES:
                raise ValueError(f"larger than {MAX_SECRET_BYTES // 1024} KiB")
            secret = Secret(raw.decode("utf-8").removesuffix("\n").removesuffix("\r"))
        except (OSError, ValueError) as error:
            reason = (
                error.strerror
                if isinstance(error, OSError)
                else "not UTF-8 text"
                if isinstance(error, UnicodeError)
                else str(error)
            )
            self.complain(path, f"the secret file {str(file)!r} cannot be read: {reason}")
            return UNKNOWN
        hide(secret)
        return secret

    def complain(self, path: Keys, message: str, remedy: str = "") -> None:
        """Note a problem at *path*."""
        self.problems.append(self.document.problem(path, "reference", message, remedy))


def fit(value: Any, schema: Schema, *, secret: bool = False) -> Any:
    """Read text from outside as the type that *schema* wants; what it wants as a secret, or all if *secret*, is one.

    >>> fit(Given("3"), {"type": "integer"}), fit(Given("3"), {"type": "string"}), fit("3", {"type": "integer"})
    (3, '3', '3')
    >>> fit({"Authorization": "Bearer abc"}, {"additionalProperties": {"type": "string"}, "writeOnly": True})
    {'Authorization': '***'}
    """
    secret = secret or bool(schema.get("writeOnly"))
    if isinstance(value, dict):
        properties, rest = schema.get("properties", {}), schema.get("additionalProperties", {})
        rest = rest if isinstance(rest, dict) else {}
        return {key: fit(child, properties.get(key, rest), secret=secret) for key, child in value.items()}
    if isinstance(value, list):
        return [fit(child, schema.get("items", {}), secret=secret) for child in value]
    if secret and isinstance(value, str):
        return Secret(value)
    if not isinstance(value, Given):
        return value
    wanted = schema.get("type", "string" if "enum" not in schema or value in schema["enum"] else "any")
    if wanted == "string" or (isinstance(wanted, list) and "string" in wanted):
        return value if isinstance(value, Secret) else str(value)
    return value if isinstance(value, Secret) else scalar(value)
