"""A web server that misbehaves on demand, and a place for models."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest


@dataclass
class Web:
    """What the server serves and how; `requests` holds the path and the Range of each request so far.

    cuts: after how many bytes to cut the connection, for the next requests. statuses: what to answer them with.
    """

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    etag: str | None = '"1"'
    ranges: bool = True
    lengths: bool = True
    cuts: list[int] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    redirect: str = ""
    requests: list[tuple[str, str]] = field(default_factory=list)
    gate: threading.Event | None = None
    asked: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def web() -> Iterator[Web]:
    web = Web()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            serve(web, self)

        def log_message(self, *_: object) -> None: ...

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None: ...  # a client that hangs up early is no fault here

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    web.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield web
    server.shutdown()
    thread.join()
    server.server_close()


def serve(web: Web, handler: BaseHTTPRequestHandler) -> None:
    asked = handler.headers.get("Range", "")
    web.requests.append((handler.path, asked))
    web.asked.set()
    if web.gate:
        web.gate.wait(10)
    content = web.files.get(handler.path)
    status = web.statuses.pop(0) if web.statuses else 302 if web.redirect else 200 if content is not None else 404
    if content is None or status != 200:
        handler.send_response(status)
        if web.redirect:
            handler.send_header("Location", web.redirect)
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return
    start = 0
    if asked and web.ranges and handler.headers.get("If-Range") in (None, web.etag):
        start = int(asked.removeprefix("bytes=").removesuffix("-"))
    if start >= len(content):
        handler.send_response(416)
        handler.end_headers()
        return
    handler.send_response(206 if start else 200)
    if start:
        handler.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
    if web.lengths:
        handler.send_header("Content-Length", str(len(content) - start))
    if web.etag:
        handler.send_header("ETag", web.etag)
    handler.end_headers()
    cut = web.cuts.pop(0) if web.cuts else None
    handler.wfile.write(content[start:][:cut])


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that models are pulled into; nothing else is searched but what ships."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("FLOWRUN_MODELS", raising=False)
    return tmp_path / "cache" / "flowrun" / "models"
