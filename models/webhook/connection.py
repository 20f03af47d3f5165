"""A connection that is kept, to an address that was checked, with a limit to the whole of a request."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from email.message import Message
from http.client import HTTPConnection, HTTPException
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from flowrun.models.webhook.address_guard import addresses
from flowrun.models.webhook.timed import Timed

LARGEST_ANSWER = 65_536  # of which nothing is used; a receiver that says more is not waited for


class Answer(NamedTuple):
    """The status of an answer, and its headers."""

    status: int
    headers: Message


class Stale(OSError):
    """The other side has closed the connection while it was not used."""


class Connection:
    """Posts to one URL.

    Args:
        url: The address, http or https.
        timeout_s: Limit of a request, from its first byte to the last of the answer, and of connecting, each.
        private: Whether the address may be private.
    """

    def __init__(self, url: str, timeout_s: float, *, private: bool) -> None:
        split = urlsplit(url)
        self._host = split.hostname or ""
        self._tls = ssl.create_default_context() if split.scheme == "https" else None
        self._port = split.port or (443 if self._tls else 80)
        self._target = (split.path or "/") + (f"?{split.query}" if split.query else "")
        self._timeout_s, self._private = timeout_s, private
        # Names of hosts are sent in ASCII; http.client adds the port where it is not the usual one.
        self._http = HTTPConnection(self._host, self._port, timeout=timeout_s)
        self._http.default_port = 443 if self._tls else 80
        self._http.auto_open = 0
        self._used = False

    @property
    def is_open(self) -> bool:
        """Whether there is a connection, as far as is known."""
        return self._http.sock is not None

    def open(self) -> None:
        """Connect.

        Raises:
            OSError: it does not work, or no address of the host may be used.
        """
        self.close()
        failed: OSError | None = None
        for address in addresses(self._host, self._port, private=self._private):
            try:
                plain = socket.create_connection((address, self._port), self._timeout_s)
                try:
                    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    secure = self._tls.wrap_socket(plain, server_hostname=self._host) if self._tls else plain
                except BaseException:
                    plain.close()
                    raise
                self._http.sock = Timed(secure)
                return
            except OSError as error:
                failed = error
        raise failed or OSError("it has no address")

    def post(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send a request and read the answer.

        Raises:
            Stale: the other side has closed the connection before; nothing was taken.
            OSError, HTTPException: anything else.
        """
        timed: Any = self._http.sock
        if timed is None or timed.is_stale():
            self.close()
            raise Stale
        timed.begin(self._timeout_s)
        try:
            self._http.request("POST", self._target, body, dict(headers))
            answer = self._http.getresponse()
            answer.read(LARGEST_ANSWER)
            if not answer.isclosed():
                self.close()
            return Answer(answer.status, answer.headers)
        except (OSError, HTTPException):
            self.close()
            raise

    def close(self) -> None:
        """Let go; it may be closed already."""
        self._http.close()
