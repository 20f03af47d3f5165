"""Who we are to a DeviceHive, and how that becomes an access token."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flowrun.models.devicehive.errors import Answered, Denied, Lost

TOKEN = re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*")  # what any token looks like: JSON in base64, twice, signed
MASK = "***"
SHORTEST = 4  # what is shorter cannot be told from other text
BAD_REFRESH_TOKEN = "Invalid response status"  # with code 500: so it says of a token that is garbage, or of no user
Ask = Callable[..., dict[str, Any]]  # asks for an action, with its fields


@dataclass(slots=True)
class Credentials:
    """One of: a refresh token; login and password; an access token, which cannot be renewed."""

    refresh_token: str | None = field(default=None, repr=False)
    access_token: str | None = field(default=None, repr=False)
    login: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    _own: str | None = field(default=None, repr=False)  # the refresh token that login and password brought

    @property
    def renewable(self) -> bool:
        """Whether they bring a new access token when the old one has expired."""
        return bool(self.refresh_token or self.login)

    def token(self, ask: Ask) -> str:
        """Return an access token, a new one if they can bring one.

        Raises:
            Denied: they are not accepted.
            Answered: the server cannot tell just now.
            Lost: nor does it answer.
        """
        if self.refresh_token:
            return self._refreshed(ask, self.refresh_token)
        if not self.login:
            return str(self.access_token)
        if self._own:
            try:
                return self._refreshed(ask, self._own)
            except Denied:
                self._own = None
        answer = _asked(ask, "login and password are", "token", login=self.login, password=self.password)
        self._own = str(answer.get("refreshToken") or "") or None  # a password that is tried too often locks the user
        return _access_token(answer)

    def _refreshed(self, ask: Ask, refresh_token: str) -> str:
        return _access_token(_asked(ask, "the refresh token is", "token/refresh", refreshToken=refresh_token))

    def redacted(self, text: str, *more: str) -> str:
        """Return *text* without any of them, without *more* and without anything that looks like a token.

        >>> Credentials(login="ann", password="horse").redacted("ann: horse is wrong")
        'ann: *** is wrong'
        """
        secrets = [self.refresh_token, self.access_token, self.password, self._own, *more]
        for secret in sorted(filter(None, secrets), key=len, reverse=True):
            text = text.replace(secret, MASK) if len(secret) >= SHORTEST else text
        return TOKEN.sub(MASK, text)


def expires_at(token: str) -> float | None:
    """Return when *token* expires, in seconds since 1970 by the server's clock; None if it does not tell.

    >>> expires_at("eyJhbGciOiJIUzI1NiJ9.eyJwYXlsb2FkIjp7ImUiOjE3OTUzMjc4NDkwNjV9fQ.x")
    1795327849.065
    >>> expires_at("garbage") is None
    True
    """
    try:
        middle = token.split(".")[1]
        payload = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))["payload"]
        return float(payload["e"]) / 1000
    except (IndexError, KeyError, TypeError, ValueError):
        return None


def _asked(ask: Ask, who: str, action: str, **fields: Any) -> dict[str, Any]:
    try:
        return ask(action, fields)
    except Answered as answer:
        if answer.code < 500 or answer.text == BAD_REFRESH_TOKEN:
            raise Denied(f"{who} not accepted ({answer})") from None
        raise


def _access_token(answer: dict[str, Any]) -> str:
    token = answer.get("accessToken")
    if not isinstance(token, str) or not token:
        raise Lost("no token to be had: the server's answer holds none")
    return token
