"""Logging in and out."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from flowrun.operators.sinks._web.endpoint import Asked, Endpoint
from flowrun.operators.sinks._web.entrance import Entrance
from flowrun.operators.sinks._web.guard import token_of
from flowrun.operators.sinks._web.passwords import LONGEST
from flowrun.operators.sinks._web.sessions import LIFETIME_S, Sessions
from flowrun.operators.sinks._web.shapes import DONE, TEXT, an_object


class Login:
    """The endpoints of logging in; without an *entrance* nobody needs to."""

    def __init__(self, entrance: Entrance | None, sessions: Sessions, cookie: str) -> None:
        self._entrance = entrance
        self._sessions = sessions
        self._cookie = cookie

    def endpoints(self) -> list[Endpoint]:
        """Return them."""
        body = an_object(password=TEXT | {"maxLength": LONGEST})
        return [
            Endpoint("POST", "login", "Log in.", self.log_in, DONE, body=body, refuses=(429,)),
            Endpoint("POST", "logout", "Log out.", self.log_out, DONE),
        ]

    async def log_in(self, asked: Asked) -> Response:
        """Begin a session if the password is right."""
        if self._entrance:
            await self._entrance.check(asked.request, asked.body["password"])
        response = JSONResponse({"ok": True})
        response.set_cookie(
            self._cookie,
            self._sessions.begin(),
            max_age=int(LIFETIME_S),
            httponly=True,
            samesite="strict",
            secure=_is_https(asked),
        )
        return response

    def log_out(self, asked: Asked) -> Response:
        """End the session, and what it looks at live."""
        self._sessions.end(token_of(asked.request.headers, self._cookie))
        response = JSONResponse({"ok": True})
        response.delete_cookie(self._cookie, httponly=True, samesite="strict", secure=_is_https(asked))
        return response


def _is_https(asked: Asked) -> bool:
    """Return whether the browser sees a page of https: a proxy in front may have made it one."""
    return asked.request.headers.get("origin", "").startswith("https://")
