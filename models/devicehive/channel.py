"""A way to a DeviceHive: what its WebSocket and its REST interface have in common."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

Message = dict[str, Any]
LIMIT_BYTES = 10_240  # of a message to the server, UTF-8: WEBSOCKET_MAX_BUFFER_SIZE
TIMEOUT_S = 10.0  # for an answer


class Channel(Protocol):
    """A connection. Commands that came gather in `commands`, each as the server writes it.

    Each method raises `Lost` when the connection is no more.
    """

    commands: deque[Message]

    def request(self, action: str, fields: Mapping[str, Any]) -> Message:
        """Ask for *action* and return the answer.

        Raises:
            Answered: it is an error.
            TooLong: it would be longer than the server takes.
        """

    def authorize(self, token: str) -> None:
        """Be who the access *token* says, from now on.

        Raises:
            Answered: the server does not accept it.
        """

    def subscribe(self, device_id: str, since: str) -> None:
        """Have commands for the device come, also those given since a second before *since*, a time of the server.

        Raises:
            Answered: the server does not want that.
        """

    def listen(self) -> None:
        """Take what has come, and show that we are there: to be called once a second or so."""

    def close(self) -> None:
        """Let go of it; never raises."""


def a_second_before(time: str) -> str:
    """Return the time a second before *time*, both as the server writes them; what is no time as it is.

    The server gives what is later than a time, and several commands may be of one millisecond.

    >>> a_second_before("2026-11-22T05:43:05.572"), a_second_before("")
    ('2026-11-22T05:43:04.572', '')
    """
    try:
        return (datetime.fromisoformat(time) - timedelta(seconds=1)).isoformat(timespec="milliseconds")
    except ValueError:
        return time


def encoded(message: Any) -> bytes:
    r"""Return *message* as it travels. It holds no NaN: the server would make a text of it.

    >>> encoded({"parameters": {"label": "Müll"}})
    b'{"parameters":{"label":"M\xc3\xbcll"}}'
    """
    text = json.dumps(message, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")  # a name of a file may hold bytes that are no characters
