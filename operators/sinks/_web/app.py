"""The application: every endpoint and page, and the guard in front of them."""

from __future__ import annotations

import asyncio
import inspect
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from flowrun.operators.sinks._web import pages
from flowrun.operators.sinks._web.endpoint import Endpoint, Refused, served
from flowrun.operators.sinks._web.entrance import Entrance
from flowrun.operators.sinks._web.guard import API, Guard, refused
from flowrun.operators.sinks._web.hosts import Hosts
from flowrun.operators.sinks._web.live import Live
from flowrun.operators.sinks._web.openapi import openapi
from flowrun.operators.sinks._web.sessions import Sessions

log = logging.getLogger("flowrun.web")


def application(
    endpoints: Sequence[Endpoint],
    live: Live,
    hosts: Hosts,
    sessions: Sessions,
    entrance: Entrance | None,
    cookie: str,
    version: str,
) -> Guard:
    """Return the application."""
    document: dict[str, Any] = {}
    about = Endpoint("GET", "openapi.json", "This document.", lambda _: document, {"type": "object"})
    document |= openapi([*endpoints, about], version, cookie)
    routes: list[BaseRoute] = [
        Route(f"{API}{endpoint.path}", _handler(endpoint), methods=[endpoint.method])
        for endpoint in [*endpoints, about]
    ]
    routes += [WebSocketRoute(f"{API}live", live.serve), *pages.routes()]
    app = Starlette(routes=routes, exception_handlers={HTTPException: _http_error})
    app.router.redirect_slashes = False
    return Guard(app, hosts, sessions, entrance, cookie)


def _handler(endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        try:
            asked = await endpoint.asked(request)
            if inspect.iscoroutinefunction(endpoint.answer):
                return served(await endpoint.answer(asked))
            return served(await asyncio.to_thread(endpoint.answer, asked))
        except Refused as error:
            return refused(error.status, str(error), error.headers)
        except ClientDisconnect:
            return refused(400, "the request did not come whole")
        except sqlite3.Error as error:  # a full disk, a file that is locked or damaged
            return refused(503, f"the history of events cannot be used now: {error}")
        except Exception:  # a mistake of ours: the log has it, the browser only that there is one
            log.exception("%s %s failed", endpoint.method, endpoint.path)
            return refused(500, "this is a fault of flowrun; the log tells more")

    return handle


async def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    why = {404: f"there is no {request.url.path[:100]}", 405: f"{request.method} does nothing here"}
    return refused(status, why.get(status, f"refused with status {status}"))
