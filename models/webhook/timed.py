"""A socket with one limit to all that is read and written in a request, however slowly it comes."""

from __future__ import annotations

import io
import socket
import ssl
from collections.abc import Callable
from time import monotonic
from typing import Any


class Timed:
    """What `HTTPConnection` needs of a socket; the limit counts from `begin`."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._until = 0.0

    def begin(self, timeout_s: float) -> None:
        """Begin a request, which may take so long."""
        self._until = monotonic() + timeout_s

    def is_stale(self) -> bool:
        """Whether something came unasked: the end of the connection, most likely; a new ticket of TLS is nothing."""
        self._socket.settimeout(0)
        try:
            self._socket.recv(1)
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        except OSError:
            return True
        return True

    def sendall(self, data: bytes) -> None:
        """Send."""
        self.limit()
        self._socket.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        """Return what to read the answer from."""
        return io.BufferedReader(_Reading(self._socket, self.limit))

    def close(self) -> None:
        """Let go, once the answer is let go too."""
        self._socket.close()

    def limit(self) -> None:
        """Let what is read or written next take what is left of the time."""
        left_s = self._until - monotonic()
        if left_s <= 0:
            raise TimeoutError("timed out")
        self._socket.settimeout(left_s)


class _Reading(io.RawIOBase):
    """An answer; the socket stays open for it when the connection is closed, as with `socket.makefile`."""

    def __init__(self, connection: socket.socket, limit: Callable[[], None]) -> None:
        self._raw = connection.makefile("rb", buffering=0)
        self._limit = limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._limit()
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
