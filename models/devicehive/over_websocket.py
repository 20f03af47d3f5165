"""A DeviceHive over its WebSocket."""

from __future__ import annotations

import json
import struct
import time
from collections import deque
from collections.abc import Callable, Mapping
from itertools import count
from typing import TYPE_CHECKING, Any

from flowrun.models.devicehive.channel import LIMIT_BYTES, TIMEOUT_S, Message, a_second_before, encoded
from flowrun.models.devicehive.errors import Answered, Lost, NoWebSocket, TooLong
from flowrun.schemas.errors import explain

if TYPE_CHECKING:
    from websocket import WebSocket

PING_AFTER_S, GONE_AFTER_S = 20.0, 35.0  # without a sign of life; the server pings every 30 s, and ends what is idle
NOW_S = 0.001  # to take only what is there already
MOST_COMMANDS = 1000  # that wait for us
CLOSED_TOO_LONG = 1009


class OverWebSocket:
    """A channel; it opens when it is made.

    Requests are matched with answers by their number: what the server sends on its own may come between them.

    Args:
        url: Where the WebSocket is.
        timeout_s: For how long to wait for an answer.
        clock: Seconds, from anywhere.

    Raises:
        Lost: it did not open.
        NoWebSocket: something answered, but not with a WebSocket.
    """

    def __init__(self, url: str, *, timeout_s: float = TIMEOUT_S, clock: Callable[[], float] = time.monotonic) -> None:
        self.commands: deque[Message] = deque(maxlen=MOST_COMMANDS)
        self._timeout_s, self._clock = timeout_s, clock
        self._numbers = map(str, count(1))
        self._socket = _opened(url, timeout_s)
        self._heard = clock()
        self._pinged = False

    def request(self, action: str, fields: Mapping[str, Any]) -> Message:
        """Ask for *action* and return the answer."""
        number = next(self._numbers)
        text = encoded({"action": action, "requestId": number, **fields})
        if len(text) > LIMIT_BYTES:
            raise TooLong(f"{action}: a message of {len(text)} bytes; the server takes {LIMIT_BYTES}")
        self._send(text, action)
        until = self._clock() + self._timeout_s
        while (left_s := until - self._clock()) > 0:
            answer = self._received(left_s, action)
            # An answer without a number is to a request that the server could not read: there is none but ours.
            if answer and "status" in answer and answer.get("requestId") in (number, None):
                return _checked(action, answer)
        raise self._lost(f"no answer to {action} within {self._timeout_s:g} s")

    def authorize(self, token: str) -> None:
        """Be who the access *token* says."""
        self.request("authenticate", {"token": token})

    def subscribe(self, device_id: str, since: str) -> None:
        """Have commands for the device come."""
        self.request("command/subscribe", {"deviceId": device_id, "timestamp": a_second_before(since)})

    def listen(self) -> None:
        """Take what has come; ask for a sign of life where there was none for long."""
        for _ in range(MOST_COMMANDS):
            if self._received(NOW_S, "listening") is None:
                break
        silent_s = self._clock() - self._heard
        if silent_s > GONE_AFTER_S:
            raise self._lost(f"no sign of life for {silent_s:.0f} s")
        if silent_s > PING_AFTER_S and not self._pinged:
            self._pinged = True
            self._send(b"", "a ping", ping=True)

    def close(self) -> None:
        """Say good-bye, but do not wait for it."""
        self._socket.settimeout(1.0)
        self._socket.close(timeout=0)

    def _send(self, data: bytes, action: str, *, ping: bool = False) -> None:
        from websocket import ABNF

        self._socket.settimeout(self._timeout_s)
        try:
            self._socket.send(data, ABNF.OPCODE_PING if ping else ABNF.OPCODE_TEXT)
        except Exception as error:  # of the library, the operating system or TLS: all mean that it is gone
            raise self._lost(f"{action} could not be sent: {_reason(error)}") from None

    def _received(self, timeout_s: float, action: str) -> Message | None:
        """Return the next message, and keep it if it is a command; None if none came in time."""
        frame = self._frame(timeout_s, action)
        if frame is None:
            return None
        message = self._parsed(frame)
        pushed = message.get("action") == "command/insert" and "subscriptionId" in message
        if pushed and isinstance(message.get("command"), dict):
            self.commands.append(message["command"])
        return message

    def _frame(self, timeout_s: float, action: str) -> bytes | None:
        """Return the next data frame; None if none came in time, or something else did."""
        from websocket import ABNF, WebSocketTimeoutException

        self._socket.settimeout(max(timeout_s, NOW_S))
        try:
            kind, frame = self._socket.recv_data_frame(control_frame=True)  # a ping is answered there
        except WebSocketTimeoutException:
            return None
        except Exception as error:  # as in _send
            raise self._lost(f"the connection broke, {action}: {_reason(error)}") from None
        self._heard, self._pinged = self._clock(), False
        if kind == ABNF.OPCODE_CLOSE:
            raise self._closed(frame.data, action)
        return frame.data if kind == ABNF.OPCODE_TEXT else None

    def _parsed(self, frame: bytes) -> Message:
        try:
            message = json.loads(frame)
        except ValueError:
            message = None
        if not isinstance(message, dict):
            raise self._lost("what came is no message of a DeviceHive")
        return message

    def _closed(self, data: bytes, action: str) -> Lost | TooLong:
        code = struct.unpack("!H", data[:2])[0] if len(data) >= 2 else 1005  # none was given
        reason = " ".join(data[2:].decode("utf-8", "replace").split())
        gone = self._lost(f"the server closed the connection, {action}: {code}{reason and f' {reason}'}")
        return TooLong(str(gone)) if code == CLOSED_TOO_LONG else gone

    def _lost(self, why: str) -> Lost:
        self._socket.shutdown()  # type: ignore[no-untyped-call]
        return Lost(why)


def _opened(url: str, timeout_s: float) -> WebSocket:
    from websocket import WebSocketBadStatusException, WebSocketException, create_connection

    try:
        return create_connection(url, timeout=timeout_s, redirect_limit=0, enable_multithread=False)
    except WebSocketBadStatusException as error:
        kind = NoWebSocket if error.status_code < 500 else Lost  # a proxy whose server is away says so with 502
        raise kind(f"there is no WebSocket, but an answer with status {error.status_code}") from None
    except OSError as error:
        raise Lost(f"no connection: {_reason(error)}") from None
    except WebSocketException as error:
        kind = NoWebSocket if type(error) is WebSocketException else Lost  # the plain one is of a strange answer
        raise kind(f"no WebSocket: {_reason(error)}") from None
    except Exception as error:  # what the library stumbles over in an answer that is no HTTP
        raise NoWebSocket(f"what answered speaks no WebSocket: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    """Return what *error* says; of the library's own without its kind."""
    from websocket import WebSocketException

    text = " ".join(str(error).split()).rstrip(".")
    return text if isinstance(error, WebSocketException) and text else explain(error)


def _checked(action: str, answer: Message) -> Message:
    if answer.get("status") == "success":
        return answer
    code = answer.get("code")
    text = " ".join(str(answer.get("error") or "it does not say why").split())
    raise Answered(action, code if isinstance(code, int) else 500, text[:300])
