"""What may go wrong between us and a DeviceHive; no text of it holds a token or a password.

DeliveryError
└── DeviceHiveError
    ├── Lost              the connection did not open, broke, or gave no answer in time: the next may
    │   └── NoWebSocket   something answered, but speaks no WebSocket there
    ├── TooLong           a message is longer than the server takes
    ├── Denied            it does not accept who we say we are; asking again at once is of no use, or even harm
    └── Answered          it refused one request, with a code
"""

from __future__ import annotations

from flowrun.schemas.errors import DeliveryError


class DeviceHiveError(DeliveryError):
    """The root of what this client raises."""


class Lost(DeviceHiveError):
    """There is no connection, or no longer."""


class NoWebSocket(Lost):
    """The server, or a proxy before it, does not open a WebSocket."""


class TooLong(DeviceHiveError):
    """A message is longer than the server takes."""


class Denied(DeviceHiveError):
    """The server does not accept the credentials."""


class Answered(DeviceHiveError):
    """The server's answer to a request is an error; the connection is as good as before.

    Args:
        action: What was asked.
        code: The code of the answer, one of HTTP's.
        text: What the server says of it.
    """

    def __init__(self, action: str, code: int, text: str) -> None:
        super().__init__(f"{action}: {code} {text}")
        self.action, self.code, self.text = action, code, text
