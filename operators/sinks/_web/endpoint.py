"""One place of the API: declared once, checked, served and documented from that."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from jsonschema import Draft202012Validator
from starlette.requests import Request
from starlette.responses import Response

from flowrun.schemas.parameters import Schema


class Refused(Exception):
    """A request that is not answered: the status, and what, where, what to do."""

    def __init__(self, status: int, why: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(why)
        self.status = status
        self.headers = headers


@dataclass(frozen=True, slots=True)
class Asked:
    """A request whose parts are what the endpoint declares. path, query: by name. body: the JSON, if there is any."""

    request: Request
    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Any


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A method of a path under `/api/v1`.

    answer: gives the JSON, or a response of another kind; a plain function runs on a thread of its own.
    query, body: the schema of each parameter, and of the JSON that must come with it. gives: the schema of the answer,
    or its media types. refuses: the statuses beyond 400 that it may answer with.
    """

    method: Literal["GET", "PUT", "POST", "DELETE"]
    path: str
    summary: str
    answer: Callable[[Asked], Any] | Callable[[Asked], Awaitable[Any]]
    gives: Schema | tuple[str, ...]
    query: Mapping[str, Schema] = field(default_factory=dict)
    body: Schema | None = None
    refuses: tuple[int, ...] = ()

    async def asked(self, request: Request) -> Asked:
        """Return what *request* asks.

        Raises:
            Refused: it is not what is declared.
        """
        query: dict[str, Any] = {}
        for name, text in request.query_params.multi_items():
            if name not in self.query:
                raise Refused(400, f"no parameter {name[:50]!r}; there are: {', '.join(self.query) or 'none'}")
            if text:
                query[name] = _value(text, self.query[name])
                _check(query[name], self.query[name], f"parameter {name!r}")
        body = None
        if self.body is not None:
            try:
                body = json.loads(await request.body(), parse_constant=_no_number)
            except (ValueError, RecursionError):
                raise Refused(400, "the body is no JSON: send an object as application/json") from None
            _check(body, self.body, "body")
        return Asked(request, request.path_params, query, body)


def _value(text: str, schema: Schema) -> Any:
    """Return a text from an address as what *schema* wants, where it is that."""
    kinds: dict[str, Callable[[str], Any]] = {"integer": int, "number": float}
    try:
        value = kinds.get(schema["type"], str)(text)
    except ValueError:
        return text
    return text if value != value else value  # what is no number is text, which `_check` refuses


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _check(value: Any, schema: Schema, where: str) -> None:
    checker = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    for error in checker.iter_errors(value):
        at = "".join(f" {key!r}" for key in error.absolute_path)
        raise Refused(400, f"{where}{at}: {error.message[:200]}")


def served(result: Any) -> Response:
    """Return *result* as a response: it is one already, or JSON."""
    if isinstance(result, Response):
        return result
    text = json.dumps(result, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Response(text.encode("utf-8", "replace"), media_type="application/json")
