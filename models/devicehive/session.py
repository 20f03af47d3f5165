"""A conversation with a DeviceHive, under one identity, over whatever way is open."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from flowrun.models.devicehive.address import Address
from flowrun.models.devicehive.channel import Channel, Message
from flowrun.models.devicehive.credentials import Credentials, expires_at
from flowrun.models.devicehive.errors import Answered, Denied, DeviceHiveError, Lost, NoWebSocket
from flowrun.models.devicehive.over_rest import OverRest
from flowrun.models.devicehive.over_websocket import OverWebSocket

RENEWED_AT, SOONEST_S = 0.8, 30.0  # of the life of a token, and at least so long after the one before
WEBSOCKET_AGAIN_S = 600.0  # after so long over REST, the WebSocket is tried again
IDLE_S = 120.0  # without a request; the server ends what has been idle for 240 s
NEVER = float("inf")
T = TypeVar("T")


class Session:
    """A conversation; `open` begins it, also anew.

    Args:
        address: Where the server is.
        credentials: Who we are.
        clock: Seconds, from anywhere.
        now: Seconds since 1970.
        over_websocket: Opens a WebSocket.
        over_rest: Makes a channel over REST.
    """

    def __init__(
        self,
        address: Address,
        credentials: Credentials,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        over_websocket: Callable[[str], Channel] = OverWebSocket,
        over_rest: Callable[[Address], Channel] = OverRest,
    ) -> None:
        self._address, self._credentials = address, credentials
        self._clock, self._now = clock, now
        self._over_websocket, self._over_rest = over_websocket, over_rest
        self._channel: Channel | None = None
        self._token = ""
        self._asked = 0.0
        self._renew_at = self._websocket_at = NEVER
        self.without_websocket = ""  # why REST is used although the address is that of a WebSocket

    def open(self) -> str:
        """Connect and authenticate; return the time of the server.

        Raises:
            Lost: it does not work now.
            Denied: the credentials are not accepted.
            Answered: something else is wrong with the server.
        """
        self.close()
        self._asked = self._clock()
        try:
            self._channel = self._connected()
            self._authenticate(self._channel)
            info = self._channel.request("server/info", {}).get("info")
        except DeviceHiveError as error:
            self.close()
            raise self._without_secrets(error) from None
        return str(info.get("serverTimestamp") or "") if isinstance(info, dict) else ""

    @property
    def host(self) -> str:
        """Where the server is."""
        return self._address.host

    @property
    def commands(self) -> deque[Message]:
        """The commands that came."""
        return self._channel.commands if self._channel else deque()

    def request(self, action: str, **fields: Any) -> Message:
        """Ask for *action* and return the answer; once more with a new token if the old one is not accepted.

        Raises:
            Lost: there is no connection, or no longer.
            Denied: the credentials are not accepted, or no longer.
            Answered: the answer is an error.
            TooLong: it would be longer than the server takes.
        """
        self._asked = self._clock()
        return self._do(lambda channel: channel.request(action, fields))

    def subscribe(self, device_id: str, since: str) -> None:
        """Have commands for the device come, also those since the time *since*; raises what `request` does."""
        self._do(lambda channel: channel.subscribe(device_id, since))

    def listen(self) -> None:
        """Take the commands that came, keep the connection, renew the token in time; raises what `request` does."""
        if self._clock() >= self._renew_at:
            self._renew()
        if self._clock() >= self._websocket_at:
            self._try_websocket()
        if self._clock() >= self._asked + IDLE_S:
            self.request("server/info")
        self._do(lambda channel: channel.listen())

    def close(self) -> None:
        """End it; it may be begun again."""
        if self._channel:
            self._channel.close()
        self._channel = None

    def _connected(self) -> Channel:
        self._websocket_at, self.without_websocket = NEVER, ""
        if self._address.websocket is None:
            return self._over_rest(self._address)
        try:
            return self._over_websocket(self._address.websocket)
        except NoWebSocket as error:
            self.without_websocket = str(error)
            self._websocket_at = self._clock() + WEBSOCKET_AGAIN_S
            return self._over_rest(self._address)

    def _authenticate(self, channel: Channel) -> None:
        self._token = self._credentials.token(channel.request)
        try:
            channel.authorize(self._token)
        except Answered as answer:
            if answer.code != 401:
                raise
            raise self._denied(answer) from None
        expires = expires_at(self._token) if self._credentials.renewable else None
        left_s = NEVER if expires is None else expires - self._now()  # the two clocks may differ
        self._renew_at = self._clock() + max(SOONEST_S, RENEWED_AT * left_s)

    def _renew(self) -> None:
        """Get a new token before the old one expires; it is no harm yet if that fails."""
        self._renew_at = NEVER  # what is open stays good over a WebSocket; over REST a request will show it
        try:
            self._do(self._authenticate)
        except Denied:
            return
        except Answered:  # who gives tokens is away
            self._renew_at = self._clock() + SOONEST_S

    def _try_websocket(self) -> None:
        self._websocket_at = self._clock() + WEBSOCKET_AGAIN_S
        try:
            self._over_websocket(str(self._address.websocket)).close()
        except Lost:
            return
        raise Lost("the WebSocket works again: from REST back to it")

    def _do(self, what: Callable[[Channel], T]) -> T:
        channel = self._channel
        if channel is None:
            raise Lost("there is no connection")
        try:
            try:
                return what(channel)
            except Answered as answer:
                if answer.code != 401:
                    raise
                if not self._credentials.renewable:
                    raise self._denied(answer) from None
            self._authenticate(channel)
            return what(channel)
        except Answered as answer:
            raise (self._denied(answer) if answer.code == 401 else self._without_secrets(answer)) from None
        except DeviceHiveError as error:
            raise self._without_secrets(error) from None

    def _denied(self, answer: Answered) -> Denied:
        hint = "" if self._credentials.renewable else "; a refresh token would bring a new one"
        return Denied(self._credentials.redacted(f"the access token is not accepted ({answer}){hint}", self._token))

    def _without_secrets(self, error: DeviceHiveError) -> DeviceHiveError:
        text = self._credentials.redacted(str(error), self._token)
        if isinstance(error, Answered):
            return Answered(error.action, error.code, self._credentials.redacted(error.text, self._token))
        return type(error)(text)
