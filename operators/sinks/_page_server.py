"""A small HTTP server of pages that are made when they are asked for."""

from __future__ import annotations

import errno
import logging
import socket
import sys
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from threading import Lock, Thread
from typing import Any

from flowrun.schemas.errors import DeliveryError, explain

log = logging.getLogger("flowrun.pages")
CONNECTIONS = 16  # at a time; a client that comes when there are more takes the place of the oldest
POLL_S = 0.05  # how long `close` waits at most
TIMEOUT_S = 5.0  # for each read from a client, and each write to it


Page = tuple[int, str, bytes]  # status, content type, body
Pages = Mapping[str, Callable[[str], Page]]  # by path; called with the Accept header of the request


class PageServer:
    """Serves *pages* on threads of its own until it is closed, each client on one.

    Raises:
        DeliveryError: the port cannot be had.
    """

    def __init__(self, host: str, port: int, pages: Pages) -> None:
        try:
            family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
            self._server = _Server(family, address, pages)
        except OSError as error:
            raise DeliveryError(_refusal(host, port, error)) from error
        name = f"[{host}]" if ":" in host else host
        self.url = f"http://{name}:{self._server.server_address[1]}"
        Thread(target=self._server.serve_forever, args=(POLL_S,), name="pages", daemon=True).start()

    def close(self) -> None:
        """Serve nothing more; the port is free again."""
        self._server.shutdown()
        self._server.server_close()


def _refusal(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is in use: choose another with `port`, or end the program that has it"
    return f"cannot listen at port {port} of {host}: {explain(error)}"


class _Server(ThreadingTCPServer):
    allow_reuse_address = True  # of a port that was ours a moment ago; one that is in use is refused still
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, family: socket.AddressFamily, address: Any, pages: Pages) -> None:
        self.address_family = family
        self.pages = pages
        self._clients: dict[Any, None] = {}  # in the order in which they came
        self._lock = Lock()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._clients[request] = None
            oldest = next(iter(self._clients)) if len(self._clients) > CONNECTIONS else None
        if oldest:
            self._hang_up(oldest)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._clients.pop(request, None)
        super().shutdown_request(request)

    def _hang_up(self, client: Any) -> None:
        with self._lock:
            self._clients.pop(client, None)
        try:
            client.shutdown(socket.SHUT_RDWR)  # its thread is at a read or a write, which ends with this
        except OSError as error:
            log.debug("a client had gone already: %s", error)

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exc_info()[1]
        if isinstance(error, OSError):
            log.debug("a client went: %s", error)
        else:
            log.error("a page could not be made", exc_info=error)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = TIMEOUT_S

    def version_string(self) -> str:
        return "flowrun"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        make = self.server.pages.get(path)
        if make is None:
            known = "\n".join(self.server.pages)
            status, kind, body = 404, "text/plain; charset=utf-8", f"There are:\n{known}\n".encode()
        else:
            status, kind, body = make(self.headers.get("Accept", ""))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        log.debug(format, *args)
