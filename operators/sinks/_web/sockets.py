"""uvicorn's protocols, with an end to the patience for browsers that are slow, dead or hostile."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

MAX_SOCKETS = 256
REQUEST_S = 10.0  # how long the headers of a request may take, and how long none may come
BUFFER_BYTES = 256 * 1024  # what waits to be sent before a sender has to wait
PARTS = 64  # of one message of a browser


class Http(H11Protocol):
    """HTTP: a connection that makes no request in time is closed, and so is one too many.

    Those that wait for nothing make room first, then those that were there first: many slow ones lock nobody out.
    """

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, if there is room."""
        super().connection_made(cast(asyncio.Transport, transport))
        self.transport.set_write_buffer_limits(high=BUFFER_BYTES)
        self.app_state = {**self.app_state, "transport": transport}
        self._patience: asyncio.TimerHandle | None = None
        self._since = self.loop.time()
        there = [other for other in self.connections if _lasts(other.transport)]
        if len(there) > MAX_SOCKETS:
            others = [other for other in there if isinstance(other, Http) and other != self]
            min(others, key=lambda other: (not other._waits, other._since), default=self).transport.abort()
        self._be_patient()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of the connection."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came; a request that is complete has come in time."""
        super().data_received(data)
        if not self._waits:
            self._stop_waiting()
        elif self._patience is None:
            self._be_patient()

    @property
    def _waits(self) -> bool:
        """Whether no request is under way."""
        return self.cycle is None or self.cycle.response_complete

    def _be_patient(self) -> None:
        self._patience = self.loop.call_later(REQUEST_S, self._give_up)

    def _stop_waiting(self) -> None:
        if self._patience:
            self._patience.cancel()
            self._patience = None

    def _give_up(self) -> None:
        self._patience = None
        if self._waits and self.transport.get_protocol() is self:  # a WebSocket has another by then
            self.transport.abort()


def _lasts(transport: asyncio.Transport) -> bool:
    """Return whether a connection goes on; one that is closed does so for as long as its browser takes nothing."""
    return not transport.is_closing() or transport.get_write_buffer_size() > 0


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """WebSockets whose transport the application can abort: closing in good order waits for a dead browser."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.close_timeout = 2.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}

    def handle_ping(self) -> None:
        """Answer, unless the answers are not taken."""
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.transport.abort()

    def handle_cont(self, event: Frame) -> None:
        """Take a part of a message: empty ones make no message too long, so they are counted."""
        if len(self.frames) < PARTS:
            super().handle_cont(event)
        else:
            self.transport.abort()

    def keepalive_timeout(self) -> None:
        """Let go of a browser that answers no ping."""
        super().keepalive_timeout()
        self.transport.abort()
