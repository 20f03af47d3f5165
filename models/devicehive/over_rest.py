"""A DeviceHive over REST: for servers that are reached only through a proxy without WebSockets."""

from __future__ import annotations

import http.client
import json
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from flowrun.models.devicehive.address import Address
from flowrun.models.devicehive.channel import LIMIT_BYTES, TIMEOUT_S, Message, a_second_before, encoded
from flowrun.models.devicehive.errors import Answered, Lost, TooLong
from flowrun.schemas.errors import explain

POLL_S = 5.0  # how often to ask for commands
MOST_COMMANDS, MOST_BYTES = 1000, 4_000_000
# Of each action the method, the path, and the field that is the body; None: all fields are.
ROUTES: Mapping[str, tuple[str, str, str | None]] = {
    "server/info": ("GET", "/info", None),
    "device/save": ("PUT", "/device/{deviceId}", "device"),
    "notification/insert": ("POST", "/device/{deviceId}/notification", "notification"),
    "command/update": ("PUT", "/device/{deviceId}/command/{commandId}", "command"),
}
TOKENS = {"token": "/token", "token/refresh": "/token/refresh"}


class OverRest:
    """A channel. Nothing is connected before the first request; one connection serves them all while it lasts.

    Args:
        address: Where it is.
        timeout_s: For how long to wait for an answer.
        clock: Seconds, from anywhere.
    """

    def __init__(
        self, address: Address, *, timeout_s: float = TIMEOUT_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.commands: deque[Message] = deque(maxlen=MOST_COMMANDS)
        self._address, self._timeout_s, self._clock = address, timeout_s, clock
        self._token = ""
        self._connection: http.client.HTTPConnection | None = None
        self._poll = ""  # where commands are
        self._since = ""
        self._given: set[int] = set()  # the numbers of the commands that came last time
        self._due = 0.0

    def request(self, action: str, fields: Mapping[str, Any]) -> Message:
        """Ask for *action* and return the answer, in the form that the WebSocket has for it."""
        if action in TOKENS:
            return self._of_tokens(action, fields)
        method, path, body = ROUTES[action]
        where = path.format_map({name: quote(str(value), safe="") for name, value in fields.items()})
        answer = self._asked(action, method, self._address.rest + where, fields[body] if body else None)
        named = {"server/info": "info", "notification/insert": "notification"}.get(action)
        return {named: answer} if named else {}

    def authorize(self, token: str) -> None:
        """Be who the access *token* says; the next request shows whether the server thinks so too."""
        self._token = token

    def subscribe(self, device_id: str, since: str) -> None:
        """Have `listen` ask for commands for the device."""
        self._poll = f"{self._address.rest}/device/{quote(device_id, safe='')}/command/poll"
        self._since, self._due = since, self._clock()

    def listen(self) -> None:
        """Ask for commands, if that is due."""
        if not self._poll or self._clock() < self._due:
            return
        self._due = self._clock() + POLL_S
        query = urlencode({"timestamp": a_second_before(self._since), "waitTimeout": 0})
        answer = self._asked("command/poll", "GET", f"{self._poll}?{query}", None)
        found = [command for command in answer if _is_command(command)] if isinstance(answer, list) else []
        self.commands.extend(command for command in found if command["id"] not in self._given)
        self._given = {command["id"] for command in found}
        self._since = max([self._since, *(str(command.get("timestamp") or "") for command in found)])

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection:
            self._connection.close()
        self._connection = None

    def _of_tokens(self, action: str, fields: Mapping[str, Any]) -> Message:
        *others, last = self._address.tokens
        for where in others:
            try:
                return dict(self._asked(action, "POST", where + TOKENS[action], fields))
            except Answered as answer:
                if answer.code not in (404, 405):  # it is not there
                    raise
        return dict(self._asked(action, "POST", last + TOKENS[action], fields))

    def _asked(self, action: str, method: str, url: str, body: Any) -> Any:
        data = None if body is None else encoded(body)
        if data and len(data) > LIMIT_BYTES:
            raise TooLong(f"{action}: a message of {len(data)} bytes; the server takes {LIMIT_BYTES}")
        headers = {"Accept": "application/json"} | ({"Content-Type": "application/json"} if data else {})
        if self._token and action not in TOKENS:
            headers["Authorization"] = f"Bearer {self._token}"
        kept = self._connection is not None
        try:
            status, text = self._exchanged(method, url, data, headers)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError) as error:
            if not kept:
                raise self._lost(action, error) from None
            try:  # the server has closed, meanwhile, what we had kept open
                status, text = self._exchanged(method, url, data, headers)
            except (OSError, http.client.HTTPException, ValueError) as again:
                raise self._lost(action, again) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self._lost(action, error) from None
        return self._read(action, status, text)

    def _exchanged(self, method: str, url: str, data: bytes | None, headers: dict[str, str]) -> tuple[int, bytes]:
        split = urlsplit(url)
        if self._connection is None:
            over_tls = split.scheme == "https"
            kind = http.client.HTTPSConnection if over_tls else http.client.HTTPConnection
            self._connection = kind(split.hostname or "", split.port, timeout=self._timeout_s)
        try:
            self._connection.request(method, f"{split.path}{split.query and '?'}{split.query}", data, headers)
            response = self._connection.getresponse()
            text = response.read(MOST_BYTES)
        except Exception:
            self.close()
            raise
        if not response.isclosed():  # there is more, which nobody wants
            self.close()
        return response.status, text

    def _read(self, action: str, status: int, text: bytes) -> Any:
        try:
            answer = json.loads(text) if text else {}
        except ValueError:
            answer = None
        if 200 <= status < 300:
            if answer is None:
                raise Lost(f"{action}: what came is no answer of a DeviceHive")
            return answer
        said = answer if isinstance(answer, dict) else {}
        why = said.get("message") or (said.get("error") if isinstance(said.get("error"), str) else None)
        raise Answered(action, status, " ".join(str(why or "it does not say why").split())[:300])

    def _lost(self, action: str, error: Exception) -> Lost:
        return Lost(f"{action}: {explain(error)}")


def _is_command(found: Any) -> bool:
    return isinstance(found, dict) and isinstance(found.get("id"), int)
