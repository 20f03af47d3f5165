"""What every request passes before anything looks at it, and what every answer says to the browser."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from time import monotonic
from typing import TypeVar
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection, cookie_parser
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flowrun.operators.sinks._web.endpoint import Refused
from flowrun.operators.sinks._web.entrance import Entrance
from flowrun.operators.sinks._web.hosts import Hosts, same_origin
from flowrun.operators.sinks._web.sessions import Sessions

T = TypeVar("T")
API = "/api/v1/"
OPEN = ("/static/", "/login", "/favicon.ico", f"{API}login", f"{API}openapi.json")  # what needs no login
SEND_S = 20.0  # how long a browser may take to take something
BODY_S = 10.0  # how long a request may take to come whole
BODY_BYTES = 16 * 1024
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Guard:
    """Stands in front of *app*.

    Args:
        app: What is guarded.
        hosts: The names of this machine.
        sessions: Who has logged in.
        entrance: Lets in those who bring the password with each request; None where nobody has to log in.
        cookie: Name of the cookie that holds the token of a session.
    """

    def __init__(self, app: ASGIApp, hosts: Hosts, sessions: Sessions, entrance: Entrance | None, cookie: str) -> None:
        self._app = app
        self._hosts = hosts
        self._sessions = sessions
        self._entrance = entrance
        self._cookie = cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, or answer why not."""
        refusal = self._refusal(scope) or await self._stranger(scope)
        if scope["type"] == "websocket":
            await (refusal or self._app)(scope, receive, send)
            return
        patient = _Patient(scope, receive, send)
        await (refusal or self._app)(scope, patient.receive, patient.send)

    def _refusal(self, scope: Scope) -> Response | None:
        headers, path = Headers(scope=scope), scope["path"]
        host, origin = headers.get("host", ""), headers.get("origin")
        reads = scope["type"] == "http" and scope["method"] in ("GET", "HEAD", "OPTIONS")
        if not self._hosts.allow(host):
            return refused(403, f"{host[:100]!r} is no name of this machine: list it under `names` of the step `web`")
        if not reads and origin is not None and not same_origin(origin, host):
            return refused(403, "the request comes from a page that is not ours")
        ours = headers.get("sec-fetch-site", "none") in ("same-origin", "none")
        if not ours and (not reads or path.startswith(API)):  # nor may another site have us draw and pack for nothing
            return refused(403, "the request comes from a page that is not ours")
        if scope["type"] == "http" and not reads and headers.get("x-flowrun") != "1":
            return refused(403, "what changes something needs the header `X-Flowrun: 1`")
        size = headers.get("content-length", "0")
        if not size.isdecimal() or int(size) > BODY_BYTES:
            return refused(413, f"a request has at most {BODY_BYTES // 1024} KiB")
        return None

    async def _stranger(self, scope: Scope) -> Response | None:
        """Return the answer to who has to log in first; to others none."""
        headers, path = Headers(scope=scope), scope["path"]
        if self._entrance is None or path.startswith(OPEN):
            return None
        token = token_of(headers, self._cookie)
        if self._sessions.knows(token):
            scope["state"]["holds"] = lambda: self._sessions.knows(token)
            return None
        kind, _, password = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            try:
                await self._entrance.check(HTTPConnection(scope), password)
            except Refused as error:
                return refused(error.status, str(error), error.headers)
            return None
        if path.startswith(API):
            return refused(401, "log in at /api/v1/login first, or send `Authorization: Bearer PASSWORD`")
        return RedirectResponse(f"/login?next={quote(path)}", 303)


class _Patient:
    """Receives one request in time, and sends each part of the answer in time; or hangs up."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._bytes = 0
        self._whole = False
        self._until: float | None = None

    async def receive(self) -> Message:
        if self._until is None:  # nobody has looked at it yet
            self._until = monotonic() + BODY_S
        left_s = self._until - monotonic()
        message = await (self._receive() if self._whole else self._in_time(self._receive(), left_s))
        self._bytes += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._bytes > BODY_BYTES:  # it came in chunks, and did not say how many
            self._hang_up()
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            static = self._scope["path"].startswith("/static/")
            headers.setdefault("Cache-Control", "no-cache" if static else "no-store")
        await self._in_time(self._send(message), SEND_S)

    async def _in_time(self, doing: Awaitable[T], limit_s: float) -> T:
        try:
            async with asyncio.timeout(limit_s):
                return await doing
        except TimeoutError:
            self._hang_up()
            raise

    def _hang_up(self) -> None:
        self._scope["state"]["transport"].abort()


def refused(status: int, why: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return an answer that says *why* nothing else is answered: what, where, what to do."""
    return JSONResponse({"error": why}, status, headers)


def token_of(headers: Headers, cookie: str) -> str:
    """Return the token in the cookies of *headers*, or nothing."""
    return cookie_parser(headers.get("cookie", "")).get(cookie, "")
