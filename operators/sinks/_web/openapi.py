"""The OpenAPI document of the page's API, made from its endpoints."""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from flowrun.operators.sinks._web.endpoint import Endpoint
from flowrun.operators.sinks._web.guard import API, OPEN
from flowrun.operators.sinks._web.shapes import ERROR
from flowrun.schemas.parameters import Schema

DESCRIPTION = (
    "What the pages of flowrun show, and all that they can do. A request that changes something has the header "
    "`X-Flowrun: 1`. `GET live` is a WebSocket: see the documentation."
)


def openapi(endpoints: Iterable[Endpoint], version: str, cookie: str) -> dict[str, Any]:
    """Return the document."""
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(f"/{endpoint.path}", {})[endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {"title": "flowrun", "version": version, "description": DESCRIPTION, "license": {"name": "Apache-2.0"}},
        "servers": [{"url": API.rstrip("/")}],
        "security": [{"session": []}, {"password": []}, {}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": cookie},
                "password": {"type": "http", "scheme": "bearer", "description": "The password itself."},
            },
            "schemas": {"Error": ERROR},
        },
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    name = f"{endpoint.method.lower()}_{re.sub(r'[^a-z]+', '_', endpoint.path).strip('_')}"
    operation: dict[str, Any] = {"operationId": name, "summary": endpoint.summary, "responses": _responses(endpoint)}
    parameters = [*_parameters("path", {key: {"type": "string"} for key in re.findall(r"{(\w+)}", endpoint.path)})]
    parameters += _parameters("query", endpoint.query)
    if endpoint.method != "GET":
        parameters += _parameters("header", {"X-Flowrun": {"type": "string", "const": "1"}})
    if parameters:
        operation["parameters"] = parameters
    if endpoint.body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": endpoint.body}}}
    if f"{API}{endpoint.path}" in OPEN:
        operation["security"] = []
    return operation


def _parameters(place: str, schemas: Any) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": place, "required": place != "query", "schema": schema} for name, schema in schemas.items()
    ]


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    given = endpoint.gives
    content: dict[str, Schema] = (
        {media: {} for media in given} if isinstance(given, tuple) else {"application/json": {"schema": given}}
    )
    responses = {"200": {"description": "It is done, or this is what was asked for.", "content": content}}
    refusal = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    for status in (400, 401, 403, *endpoint.refuses):
        responses[str(status)] = {"description": HTTPStatus(status).phrase, "content": refusal}
    return responses
