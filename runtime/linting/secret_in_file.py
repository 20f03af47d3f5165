"""Secrets that stand in the flow itself, where whoever gets the file gets them too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flowrun.runtime.language.flow import Flow
from flowrun.runtime.language.interpolate import ENVIRONMENT, REFERENCE
from flowrun.runtime.language.secrets import leaves
from flowrun.schemas.errors import Problem
from flowrun.schemas.redaction import secrets_in

REMEDY = "write ${file:PATH}, ${credential:NAME} or ${NAME} in its place"


def problems(flow: Flow) -> Iterator[Problem]:
    """Yield a problem for each secret whose text is in the file, or on the command line."""
    data = flow.document.data
    for step in flow.steps.values():
        schema = {"properties": step.spec.parameters["properties"]}
        for keys, value, secret in leaves(data["steps"][step.name], schema, ()):
            text, written = str(value), _written(str(value), data.get("vars") or {})
            if written if secret else any(map(_literal, [*secrets_in(text), *secrets_in(written)])):
                what = ".".join(map(str, keys))
                kind = "is a secret" if secret else "holds a password or token"
                given = any(
                    ("steps", step.name, *keys)[:end] in flow.document.origins for end in range(2, len(keys) + 3)
                )
                where = (
                    "on the command line, where all users of this machine see it" if given else "as it is in the flow"
                )
                yield flow.warning(step.name, keys, "secret", f"{what} {kind}, and stands {where}", REMEDY)


def _written(text: str, variables: dict[str, Any]) -> str:
    """Return what of *text* is not from outside, but stands in the file; of a reference to a variable, that.

    >>> _written("$url", {"url": "ws://ann:pw@host"}), _written("Bearer ${TOKEN}", {}), _written("${TOKEN:-x}", {})
    ('ws://ann:pw@host', '', 'x')
    """
    matches = [match for match in REFERENCE.finditer(text) if not match["dollar"]]
    if not matches:
        return text
    found = ""
    for match in matches:
        name = match["name"] or match["braced"]
        if name in variables:
            found += _written(str(variables[name]), {})
        elif parts := ENVIRONMENT.fullmatch(name):
            found += parts["text"] or "" if parts["how"] == ":-" else ""
    return found


def _literal(text: str) -> bool:
    return bool(text) and not REFERENCE.search(text)
