"""The server: uvicorn on a thread of its own. Nothing that a browser does or does not do reaches the flow."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Thread

import uvicorn
from starlette.types import ASGIApp

from flowrun.operators.sinks._web import sockets
from flowrun.operators.sinks._web.live import Live
from flowrun.schemas.errors import DeliveryError, explain

BACKLOG = 128
HEADER_BYTES = 16 * 1024
MESSAGE_BYTES = 4 * 1024  # of a browser's: it only says what it listens to
WORKERS = 4  # threads for what reads disks; what is asked beyond that waits
LAST_S = 1.0  # how long what is under way may take at the end
END_S = 5.0  # how long `close` waits at most


class Server:
    """Serves *app* at *listener* until it is closed."""

    def __init__(self, listener: socket.socket, app: ASGIApp, live: Live) -> None:
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # what browsers do wrong is no news
        config = uvicorn.Config(
            app,
            http=sockets.Http,
            ws=sockets.WebSocketProtocol,
            ws_max_size=MESSAGE_BYTES,
            ws_per_message_deflate=False,  # of ten messages a second, to many: not worth the time
            ws_ping_interval=20.0,
            ws_ping_timeout=20.0,
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            h11_max_incomplete_event_size=HEADER_BYTES,
            backlog=BACKLOG,
            timeout_keep_alive=5,
        )
        self._server = _Uvicorn(config)
        self._listener = listener
        self._live = live
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._run, name="web", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Serve nothing more; the port is free again."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._server.ending.set)
            self._thread.join(END_S)

    def _run(self) -> None:
        workers = ThreadPoolExecutor(WORKERS, "web")
        self._loop.set_default_executor(workers)
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            workers.shutdown(wait=False, cancel_futures=True)
            self._loop.close()

    async def _serve(self) -> None:
        live = asyncio.create_task(self._live.run())
        live.add_done_callback(_tell)
        try:
            await self._server.serve([self._listener])
        finally:
            live.cancel()


class _Uvicorn(uvicorn.Server):
    """uvicorn, which looks every 0.1 s whether it shall end; this one is told."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ending = asyncio.Event()

    async def main_loop(self) -> None:
        while not self.ending.is_set():
            await self.on_tick(0)  # once a second: the date in the headers
            with suppress(TimeoutError):
                await asyncio.wait_for(self.ending.wait(), 1.0)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if tasks := list(self.server_state.tasks):
            _, late = await asyncio.wait(tasks, timeout=LAST_S)
            for task in late:
                task.cancel()
        for connection in list(self.server_state.connections):
            connection.transport.abort()


def _tell(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        logging.getLogger("flowrun.web").error("the live page stands still", exc_info=error)


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        DeliveryError: the port cannot be had.
    """
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.socket(family)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.setsockopt(
                socket.SOL_SOCKET, socket.SO_SNDBUF, sockets.BUFFER_BYTES
            )  # those that it accepts have it too
            listener.bind(address)
            listener.listen(BACKLOG)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise DeliveryError(_refusal(host, port, error)) from error
    return listener


def url_of(listener: socket.socket) -> str:
    """Return the address of the page, for a browser on this machine."""
    host, port = listener.getsockname()[:2]
    name = "127.0.0.1" if host == "0.0.0.0" else "[::1]" if host == "::" else f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}"


def _refusal(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        remedy = "choose another with `port` or `--web PORT`, or end the program that has it"
        return f"port {port} of {host} is in use: {remedy}"
    remedy = "choose one from 1024 on with `port`" if error.errno == errno.EACCES else "is `host` one of this machine?"
    return f"cannot listen at port {port} of {host}: {explain(error)}; {remedy}"
