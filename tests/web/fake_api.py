"""The API of the page, by a scene instead of a flow: how every state is shown, and a server that can die at will."""

from __future__ import annotations

import asyncio
import io
import json
import socket
import struct
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import soundfile
import uvicorn
from numpy.typing import NDArray
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as Asgi
from starlette.websockets import WebSocket, WebSocketDisconnect

import flowrun.operators.sinks._web as package
from flowrun.models.picture.drawing import draw
from flowrun.models.picture.spectrogram import Spectrogram
from flowrun.operators.sinks._web.desk import Slot
from flowrun.operators.sinks._web.guard import HEADERS
from flowrun.operators.sinks._web.messages import MEL, Painter, message
from flowrun.schemas.ports import Audio
from tests.web.scenes import Data, Scene

STATIC = Path(package.__file__).parent / "static"
SOUND = Path(__file__).parents[2] / "flows" / "samples" / "scene.flac"
RATE_HZ = 16000
TICK_S = 0.1
HEARD = (
    ("Speech", 0.0, 4.2),
    ("Glass", 4.0, 6.2),
    ("Siren", 6.7, 11.0),
    ("Alarm", 6.6, 11.2),
    ("Inside, small room", 0.0, 7.0),
)  # in the sound, s


@cache
def sound() -> NDArray[np.float32]:
    """Return the sound that plays over and over, shape (n,)."""
    samples: NDArray[np.float32] = soundfile.read(SOUND, dtype="float32")[0]
    return samples


@cache
def clip() -> tuple[bytes, bytes]:
    """Return two seconds of it as WAV, and their picture."""
    part = sound()[int(3.5 * RATE_HZ) : int(5.5 * RATE_HZ)]
    wav, png = io.BytesIO(), io.BytesIO()
    soundfile.write(wav, part, RATE_HZ, "PCM_16", format="WAV")
    picture = Spectrogram(RATE_HZ)
    picture.add(part, 0)
    picture.finish()
    draw("clip", picture, None).save(png, "png")
    return wav.getvalue(), png.getvalue()


class FakeApi:
    """Serves *scene*; it may be stopped and started again at the same address."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.asked: deque[tuple[str, str, Any]] = deque(maxlen=1000)  # method, path, body of what changes something
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._live: dict[WebSocket, deque[str]] = {}

    def start(self) -> None:
        """Serve."""
        if self._listener.fileno() < 0:
            self._listener = socket.create_server(("127.0.0.1", self.port))
        self._server = uvicorn.Server(uvicorn.Config(self._app(), log_level="critical", timeout_graceful_shutdown=0))
        self._thread = Thread(target=self._server.run, args=([self._listener],), daemon=True)
        self._thread.start()
        while not self._server.started:
            self._thread.join(0.01)

    def stop(self) -> None:
        """Die: nobody is told."""
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(10)
        self._listener.close()

    def tell(self, kind: str, **parts: Any) -> None:
        """Send a message to everybody who looks."""
        for waiting in list(self._live.values()):
            waiting.append(message(kind, **parts))

    def change(self, **values: Any) -> None:
        """Change the scene, and tell it."""
        for name, value in values.items():
            setattr(self.scene, name, value)
        self.tell("state", state=self.scene.state())

    def hear(self, event: Data) -> None:
        """Raise an event, or tell it again."""
        others = [one for one in self.scene.events if one["id"] != event["id"]]
        self.scene.events = [event, *others]
        self.tell("event", event=event)

    def _app(self) -> ASGIApp:
        api: list[Route | WebSocketRoute] = [
            WebSocketRoute("/live", self._serve_live),
            Route("/events/{id}/{part}", self._part, methods=["GET", "PUT"]),
            Route("/{path:path}", self._answer, methods=["GET", "PUT", "POST", "DELETE"]),
        ]
        pages = Route("/{path:path}", lambda _: FileResponse(STATIC / "index.html"))
        app = Starlette(routes=[Mount("/api/v1", routes=api), Mount("/static", StaticFiles(directory=STATIC)), pages])
        return _guarded(app)

    async def _answer(self, request: Request) -> Response:
        scene, method, path = self.scene, request.method, request.path_params["path"]
        body = json.loads(await request.body() or b"null")
        if method != "GET":
            self.asked.append((method, path, body))
            if request.headers.get("X-Flowrun") != "1":
                return refused(403, "a change needs the header X-Flowrun: 1")
        if path == "login":
            if body["password"] != scene.password:
                return refused(401, "this is not the password: it is in the flow, at `password` of the step web")
            answer = JSONResponse({"ok": True})
            answer.set_cookie("session", "of-the-test", httponly=True, samesite="strict")
            return answer
        if scene.password and "session" not in request.cookies:
            return refused(401, "log in first")
        if scene.broken and path != "state":
            return refused(500, "the history cannot be read: /var/lib/flowrun is full")
        if method == "GET":
            gives: dict[str, Callable[[], Any]] = {
                "state": scene.state,
                "flow": scene.flow,
                "events": lambda: self._events(request),
            }
            gives |= {"connections": lambda: scene.connections, "training": lambda: {"runs": scene.runs}}
            found = self._event(path.removeprefix("events/"))
            if path in gives:
                return JSONResponse(gives[path]())
            if found:
                return JSONResponse(found)
        elif path == "paused":
            self.change(paused=body["paused"])
            return JSONResponse({"paused": scene.paused})
        elif path == "thresholds":
            scene.thresholds = (
                {} if method == "DELETE" else {**scene.thresholds, (body["step"], body["label"]): body["value"]}
            )
            return JSONResponse({"ok": True})
        elif path.startswith("connections/"):
            step, _, what = path.removeprefix("connections/").partition("/")
            found = next(one for one in scene.connections if one["step"] == step)
            found |= {"state": "off" if what == "disconnect" else "connecting"}
            found |= {key: value for key, value in (body or {}).items() if key != "token"}
            return JSONResponse(found)
        elif path == "logout":
            answer = JSONResponse({"ok": True})
            answer.delete_cookie("session")
            return answer
        return refused(404, f"there is no event {path!r}: it may have been too old to be kept")

    def _event(self, number: str) -> Data | None:
        return next((one for one in self.scene.events if one["id"] == number), None)

    def _events(self, request: Request) -> Data:
        asked = request.query_params
        wanted = [
            one
            for one in self.scene.events
            if asked.get("label") in (None, one["label"])
            and asked.get("stream") in (None, one["stream"])
            and one["score"] >= float(asked.get("min_score", 0))
            and one["told_at"] >= asked.get("since", "")
        ]
        later = [one for one in wanted if int(one["id"]) < int(asked.get("before", 10**9))]
        limit = int(asked.get("limit", 10))
        following = later[limit - 1]["id"] if len(later) > limit else None
        labels, streams = (sorted({one[key] for one in self.scene.events}) for key in ("label", "stream"))
        known = {"labels": labels, "streams": streams}
        return {"events": later[:limit], "next": following, "total": len(wanted), **known}

    async def _part(self, request: Request) -> Response:
        found = self._event(request.path_params["id"])
        part = request.path_params["part"]
        if found is None or (part != "verdict" and not found["clip"]):
            return refused(404, "no recording was kept of this event")
        if part == "verdict":
            body = await request.json()
            self.asked.append(("PUT", f"events/{found['id']}/verdict", body))
            found["verdict"] = body["verdict"]
            return JSONResponse(found)
        wav, png = clip()
        return Response(wav, media_type="audio/wav") if part == "clip" else Response(png, media_type="image/png")

    async def _serve_live(self, browser: WebSocket) -> None:
        if self.scene.password and "session" not in browser.cookies:
            await browser.close(1008)
            return
        await browser.accept()
        waiting = self._live[browser] = deque(maxlen=100)
        names = [one["name"] for one in self.scene.streams]
        hello = message("hello", streams=self.scene.streams, labels=[label for label, *_ in HEARD], mel=MEL)
        waiting.extend([hello, message("state", state=self.scene.state())])
        listening = _Listening()
        receiving = asyncio.create_task(listening.receive(browser))
        player = _Player(names)
        try:
            while not receiving.done():
                while waiting:
                    await browser.send_text(waiting.popleft())
                for text in player.turn(self.scene):
                    await browser.send_text(text)
                if listening.to and player.block is not None:
                    pcm = (player.block.samples * 32767).astype("<i2").tobytes()
                    await browser.send_bytes(struct.pack("<d", player.block.start_s) + pcm)
                await asyncio.wait([receiving], timeout=TICK_S)
        except (WebSocketDisconnect, RuntimeError):
            receiving.cancel()  # it has gone
        finally:
            del self._live[browser]


class _Listening:
    def __init__(self) -> None:
        self.to: str | None = None

    async def receive(self, browser: WebSocket) -> None:
        with suppress(WebSocketDisconnect):
            while True:
                self.to = json.loads(await browser.receive_text())["stream"]


class _Player:
    """Gives what a flow would tell of the sound, in real time."""

    def __init__(self, streams: list[str]) -> None:
        self.block: Audio | None = None
        self._painter = {name: Painter() for name in streams}
        self._began_s = time.monotonic()
        self._given = 0
        self._told_s = 0.0

    def turn(self, scene: Scene) -> list[str]:
        """Return the messages of what has passed since the last turn."""
        now_s = time.monotonic() - self._began_s
        texts = []
        if now_s - self._told_s >= 1:
            self._told_s = now_s
            texts.append(message("steps", steps=scene.rates()))
        first, self._given = self._given, int(now_s * RATE_HZ)
        self.block = None
        if not scene.sounding or scene.paused or self._given == first:
            return texts
        samples = np.take(sound(), range(first, self._given), mode="wrap")
        at_s = (self._given / RATE_HZ) % (len(sound()) / RATE_HZ)
        top = sorted(((label, _score(at_s, a, b)) for label, a, b in HEARD), key=lambda one: -one[1])
        for name, painter in self._painter.items():
            self.block = Audio(samples, RATE_HZ, name, first)
            texts.extend(painter.messages({name: Slot(RATE_HZ, deque([self.block]))}).values())
            texts.append(message("scores", stream=name, start_s=max(0.0, now_s - 0.96), window_s=0.96, top=top))
        return texts


def _score(at_s: float, begin_s: float, end_s: float) -> float:
    """Return a score that rises and falls within half a second."""
    inside = min(at_s - begin_s, end_s - at_s) / 0.5
    return round(0.02 + 0.9 * min(1.0, max(0.0, inside)), 4)


def refused(status: int, why: str) -> JSONResponse:
    """Return an answer of the API that is none."""
    return JSONResponse({"error": why}, status)


def _guarded(app: ASGIApp) -> ASGIApp:
    """Return *app* with the headers of the real server: what they forbid must not be needed."""
    added = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]

    async def serve(scope: Asgi, receive: Receive, send: Send) -> None:
        async def answer(told: Message) -> None:
            if told["type"] == "http.response.start":
                told["headers"] = [*told.get("headers", []), *added, (b"cache-control", b"no-cache")]
            await send(told)

        await app(scope, receive, answer)

    return serve
