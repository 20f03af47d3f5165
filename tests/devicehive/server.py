"""A small DeviceHive 3.5 server: WebSocket and REST on one port of this machine.

It keeps to what DeviceHive's own handlers do, in the order of messages, the texts and codes of errors, the limit of a
message. The frames are those of `websockets`, another implementation than the client's.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import OPEN, Protocol, Side
from websockets.utils import accept_key

from tests.devicehive.hive import MALFORMED, Fault, Hive, Message, Session

LIMIT_BYTES = 10 * 1024


class Server:
    """Serves *hive*; `stop` and `start` restart it on the same port.

    Args:
        hive: What outlives it.
        ping_s: How often it pings.
        websocket: Whether there is a WebSocket; else its address is unknown.
        nginx: Whether tokens are also under `/api/rest`, not only under `/auth/rest`.
        tls: What it speaks TLS with, if it does.
    """

    def __init__(
        self,
        hive: Hive | None = None,
        *,
        ping_s: float = 30.0,
        websocket: bool = True,
        nginx: bool = True,
        tls: SSLContext | None = None,
    ) -> None:
        self.hive = hive or Hive()
        self.ping_s, self.websocket, self.nginx = ping_s, websocket, nginx
        self.tls = tls
        self.port = 0
        self.pongs = 0
        self.connections: list[_Connection] = []
        self.start()

    @property
    def url(self) -> str:
        return f"{'wss' if self.tls else 'ws'}://127.0.0.1:{self.port}/api/websocket"

    @property
    def rest(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}/api/rest"

    def start(self) -> None:
        server = self

        class Handler(_Handler):
            owner = server

        self._http = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._http.daemon_threads = True
        if self.tls:
            self._http.socket = self.tls.wrap_socket(self._http.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self._http.server_address[1]
        self._thread = Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End at once, as a server that is killed: nobody is told."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(5)
        for connection in list(self.connections):
            connection.drop()

    def close_all(self, code: int = 1001) -> None:
        """Close every WebSocket, in good order."""
        for connection in list(self.connections):
            connection.close(code)


@contextmanager
def serving(**options: Any) -> Iterator[Server]:
    """Have a server for a while; it is new, its port any that is free."""
    server = Server(**options)
    try:
        yield server
    finally:
        server.stop()


class _Handler(BaseHTTPRequestHandler):
    owner: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        if self.headers.get("Upgrade", "").lower() == "websocket":
            self._upgrade()
        else:
            self._rest("GET")

    def do_POST(self) -> None:
        self._rest("POST")

    def do_PUT(self) -> None:
        self._rest("PUT")

    def _upgrade(self) -> None:
        self.close_connection = True
        if not self.owner.websocket or self.path != "/api/websocket":
            self._answer(404, {"error": 404, "message": "Not Found"})
            return
        session = Session(lambda message: connection.send(message))
        bearer = self.headers.get("Authorization", "")
        try:
            session.user = self.owner.hive.user_of(bearer.removeprefix("Bearer ")) if bearer else None
        except Fault as fault:
            self._refuse(fault)
            return
        self.send_response(101)
        for name, value in (
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Accept", accept_key(self.headers["Sec-WebSocket-Key"])),
        ):
            self.send_header(name, value)
        self.end_headers()
        connection = _Connection(self.owner, self.connection, session)
        connection.serve()

    def _rest(self, method: str) -> None:
        split = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = split.path
        session = Session(lambda message: None)
        try:
            if path.startswith("/auth/rest/token") or (path.startswith("/api/rest/token") and self.owner.nginx):
                action = path.partition("/rest/")[2]
                given = json.loads(body) if body else {}
                self._answer(201, self.owner.hive.handle(session, {"action": action, **given}))
                return
            if not path.startswith("/api/rest/") or path.startswith("/api/rest/token"):
                raise Fault(404, "Not Found")
            if path != "/api/rest/info":
                session.user = self._user()
                if session.user is None:
                    return
            self._answer(*self._routed(session, method, path.removeprefix("/api/rest"), split.query, body))
        except json.JSONDecodeError:
            self._fail(MALFORMED)
        except Fault as fault:
            self._fail(fault)

    def _user(self) -> int | None:
        try:
            return self.owner.hive.user_of(self.headers.get("Authorization", "").removeprefix("Bearer "))
        except Fault as fault:  # refused before the application, with the container's error page
            self._refuse(fault)
            return None

    def _routed(self, session: Session, method: str, path: str, query: str, body: bytes) -> tuple[int, Any]:
        hive, given = self.owner.hive, json.loads(body) if body else {}
        if body and self.headers.get("Content-Type", "application/json").partition(";")[0] != "application/json":
            raise Fault(415, "Unsupported Media Type")
        asked = {key: values[0] for key, values in parse_qs(query).items()}
        parts = [unquote(part) for part in path.strip("/").split("/")]
        device = {"deviceId": parts[1]} if len(parts) > 1 else {}
        match [method, parts[0], *parts[2:]]:
            case ["GET", "info"]:
                return 200, hive.handle(session, {"action": "server/info"})["info"]
            case ["PUT", "device"]:
                hive.handle(session, {"action": "device/save", **device, "device": given})
                return 204, None
            case ["GET", "device"]:
                return 200, hive.handle(session, {"action": "device/get", **device})["device"]
            case ["POST", "device", ("notification" | "command") as kind]:
                return 201, hive.handle(session, {"action": f"{kind}/insert", **device, kind: given})[kind]
            case ["GET", "device", ("notification" | "command") as kind]:
                return 200, hive.since(kind, {**device, "timestamp": 0})
            case ["PUT", "device", "command", number]:
                update = {"action": "command/update", "commandId": int(number), "command": given}
                hive.handle(session, {**update, **device})
                return 204, None
            case ["GET", "device", ("notification" | "command") as kind, "poll"]:
                return 200, hive.poll(kind, {**asked, **device}, float(asked.get("waitTimeout", 30)))
            case ["GET", "device", "poll"] if parts[1] in ("notification", "command"):
                return 200, hive.poll(parts[1], asked, float(asked.get("waitTimeout", 30)))
        raise Fault(404, "Not Found")

    def _fail(self, fault: Fault) -> None:
        if fault.code:
            self._answer(fault.code, {"error": fault.code, "message": fault.text})
        else:
            self.close_connection = True

    def _refuse(self, fault: Fault) -> None:
        page = {"status": fault.code, "error": "Unauthorized", "message": fault.text, "path": self.path}
        self._answer(fault.code, {"timestamp": 1000 * round(time.time()), **page})

    def _answer(self, status: int, body: Any) -> None:
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json;charset=UTF-8")
        if status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


class _Connection:
    """One open WebSocket."""

    def __init__(self, owner: Server, stream: socket.socket, session: Session) -> None:
        self._owner, self._stream, self._session = owner, stream, session
        self._protocol = Protocol(Side.SERVER, state=OPEN, max_size=LIMIT_BYTES)
        self._lock = Lock()

    def serve(self) -> None:
        self._owner.connections.append(self)
        self._owner.hive.sessions.append(self._session)
        try:
            with suppress(OSError):  # the client is gone
                self._read()
        finally:
            self._owner.connections.remove(self)
            self._owner.hive.sessions.remove(self._session)

    def send(self, message: Message) -> None:
        with self._lock:
            if self._protocol.state is OPEN:
                self._protocol.send_text(json.dumps(message, ensure_ascii=False).encode())
                self._flush()

    def close(self, code: int) -> None:
        with self._lock:
            if self._protocol.state is OPEN:
                self._protocol.send_close(code)
                self._flush()

    def drop(self) -> None:
        with suppress(OSError):  # it is closed already
            self._stream.shutdown(socket.SHUT_RDWR)

    def _read(self) -> None:
        due = time.monotonic() + self._owner.ping_s
        while True:
            self._stream.settimeout(max(0.001, due - time.monotonic()))
            try:
                data = self._stream.recv(65536)
            except TimeoutError:
                due = time.monotonic() + self._owner.ping_s
                with self._lock:
                    if self._protocol.state is OPEN:
                        self._protocol.send_ping(b"")
                        self._flush()
                continue
            if not data:
                return
            with self._lock:
                self._protocol.receive_data(data)
                events = self._protocol.events_received()
                self._flush()
            for event in events:
                self._take(event)
            if self._protocol.close_expected():
                self.drop()
                return

    def _take(self, event: Any) -> None:
        if not isinstance(event, Frame):
            return
        if event.opcode is Opcode.PONG:
            self._owner.pongs += 1
        elif event.opcode is Opcode.BINARY:
            with self._lock:
                self._protocol.fail(CloseCode.UNSUPPORTED_DATA, "Binary messages not supported")
                self._flush()
        elif event.opcode is Opcode.TEXT:
            self._answer(bytes(event.data))

    def _answer(self, text: bytes) -> None:
        try:
            message = json.loads(text)
        except ValueError:
            message = None
        if not isinstance(message, dict):
            self.send({"code": 400, "status": "error", "error": "Malformed Json received."})
            return
        head = {"action": message.get("action"), "requestId": message.get("requestId")}
        try:
            answer = {**head, "status": "success", **self._owner.hive.handle(self._session, message)}
        except Fault as fault:
            if fault.code == 0:
                return
            answer = {**head, "code": fault.code, "status": "error", "error": fault.text}
        self.send(answer)
        for message in self._session.later:
            self.send(message)
        self._session.later.clear()

    def _flush(self) -> None:
        with suppress(OSError):  # the client is gone, which `_read` notices
            for data in self._protocol.data_to_send():
                if data:
                    self._stream.sendall(data)
