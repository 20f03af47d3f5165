"""The operator `web` under way, and browsers of all kinds that look at its page."""

from __future__ import annotations

import http.client
import json
import socket
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import numpy as np
from reactivex.subject import Subject
from websockets.sync.client import ClientConnection, connect

from flowrun.operators.sinks.web import web
from flowrun.schemas.ports import Audio, Event, Scores, Windows
from flowrun.schemas.run import Alone

HEARD_AT = datetime(2026, 5, 1, 6, 30, tzinfo=UTC)
CHANGES = {"X-Flowrun": "1"}


class Answer(NamedTuple):
    """What the server said."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body)


class ServedPage:
    """The operator, served; `failures` holds what it could not take."""

    def __init__(self, run: Alone | None = None, **options: Any) -> None:
        self.run = run or Alone("page")
        self.items: Subject[Any] = Subject()
        self.failures: list[Any] = []
        web(self.items, port=0, run=self.run, **options).subscribe(self.failures.append, self.failures.append)
        self.url = self.run.states[-1][1].removeprefix("the page is at ")

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        split = urlsplit(self.url)
        return split.hostname or "", split.port or 0

    def put(self, *items: Any) -> None:
        """Have the flow give items."""
        for item in items:
            self.items.on_next(item)

    def ask(self, path: str, method: str = "GET", body: Any = None, **headers: str) -> Answer:
        """Return the answer to one request; names of headers are written with `_`."""
        connection = http.client.HTTPConnection(*self.address, timeout=10)
        try:
            text = body if isinstance(body, (bytes, type(None))) else json.dumps(body)
            target = path if path.startswith("/") else f"/api/v1/{path}"
            connection.request(method, target, text, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, named, answer.read())
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        """Return the JSON at *path*."""
        answer = self.ask(path)
        assert answer.status == 200, answer.body
        return answer.json

    def change(self, path: str, body: Any = None, method: str = "PUT", **headers: str) -> Answer:
        """Ask for a change as the page does."""
        return self.ask(path, method, body, **{"X_Flowrun": "1", "Origin": self.url, **headers})

    def look(self, **headers: str) -> ClientConnection:
        """Return the live connection of a browser."""
        address = f"ws{self.url.removeprefix('http')}/api/v1/live"
        return connect(address, additional_headers=headers, compression=None, max_queue=None)

    def plug(self, sent: bytes = b"", receive_bytes: int | None = None) -> socket.socket:
        """Return a socket that has sent something, and may never do anything again."""
        plug = socket.socket()
        if receive_bytes:
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        plug.settimeout(10)
        plug.connect(self.address)
        plug.sendall(sent)
        return plug

    def close(self) -> None:
        """End the flow."""
        self.items.on_completed()


def message(browser: ClientConnection, kind: str) -> Any:
    """Return the next message of a kind."""
    while True:
        received = browser.recv(timeout=10)
        if isinstance(received, str) and (read := json.loads(received))["type"] == kind:
            return read


def ends(plug: socket.socket) -> bool:
    """Return whether the server hangs up."""
    try:
        while plug.recv(65536):
            pass
    except ConnectionResetError:
        pass
    except TimeoutError:
        return False
    finally:
        plug.close()
    return True


def sound(start: int = 0, samples: int = 1600, stream: str = "mic", rate_hz: int = 16000) -> Audio:
    """Return a tone of 1 kHz, half of full scale."""
    phase = 2 * np.pi * 1000 / rate_hz * np.arange(start, start + samples)
    return Audio((0.5 * np.sin(phase)).astype(np.float32), rate_hz, stream, start)


def scores(*values: float, stream: str = "mic", start_s: float = 0.0) -> Scores:
    """Return the scores of a window; the classes are a, b, c …"""
    at = Windows(stream, np.array([start_s]), 1.0, 0.5)
    return Scores(at, np.array([values], np.float32), tuple("abcdefghijklmnop"[: len(values)]))


def event(name: str = "1", label: str = "Glass", score: float = 0.9, **more: Any) -> Event:
    """Return an event."""
    return Event(name, more.pop("stream", "mic"), label, score, 1.0, 2.5, more.pop("heard_at", HEARD_AT), **more)
