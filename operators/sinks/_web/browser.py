"""One browser that looks: what waits for it is bounded, however slow it is."""

from __future__ import annotations

import asyncio
import json
from collections import deque

from starlette.websockets import WebSocket, WebSocketDisconnect

SEND_S = 10.0  # a browser that takes nothing for so long is let go
EVENTS = 32
SOUNDS = 24  # blocks: of 0.1 s some 2 s


class Browser:
    """A WebSocket, and of each kind of message the newest that it has not got yet."""

    def __init__(self, socket: WebSocket) -> None:
        self.listens_to: str | None = None
        self._socket = socket
        self._slots: dict[tuple[str, str], str] = {}
        self._events: deque[str] = deque(maxlen=EVENTS)
        self._sounds: deque[bytes] = deque(maxlen=SOUNDS)
        self._something = asyncio.Event()
        self._sent_away = asyncio.Event()

    @property
    def may_look(self) -> bool:
        """Whether the session that it began in holds."""
        holds = self._socket.scope["state"].get("holds")
        return holds is None or bool(holds())

    def send_away(self) -> None:
        """Serve it no longer."""
        self._sent_away.set()

    def offer(self, key: tuple[str, str], text: str) -> None:
        """Have *text* sent; it takes the place of what has the same *key*, kind and stream, and still waits."""
        self._slots[key] = text
        self._something.set()

    def offer_event(self, text: str) -> None:
        """Have an event sent; of too many the oldest are not."""
        self._events.append(text)
        self._something.set()

    def offer_sound(self, sounds: list[bytes]) -> None:
        """Have sound sent; of too much the oldest is not."""
        self._sounds.extend(sounds)
        self._something.set()

    async def serve(self) -> None:
        """Send and receive until the browser goes, takes nothing any more, or is sent away."""
        doing = (self._send(), self._receive(), self._sent_away.wait())
        tasks = [asyncio.create_task(coroutine) for coroutine in doing]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._socket.scope["state"]["transport"].abort()

    async def _send(self) -> None:
        while True:
            await self._something.wait()
            self._something.clear()
            slots, self._slots = self._slots, {}
            texts = [*slots.values(), *self._events]
            sounds = list(self._sounds)
            self._events.clear()
            self._sounds.clear()
            for text in texts:
                async with asyncio.timeout(SEND_S):  # `wait_for` of Python 3.11 may lose that we are cancelled
                    await self._socket.send_text(text)
            for sound in sounds:
                async with asyncio.timeout(SEND_S):
                    await self._socket.send_bytes(sound)

    async def _receive(self) -> None:
        while True:
            try:
                asked = json.loads(await self._socket.receive_text())
            except (WebSocketDisconnect, KeyError):  # KeyError: it sent bytes
                return
            except (ValueError, RecursionError):
                continue
            if isinstance(asked, dict) and asked.get("type") == "listen":
                stream = asked.get("stream")
                self.listens_to = stream if isinstance(stream, str) else None
                self._sounds.clear()
