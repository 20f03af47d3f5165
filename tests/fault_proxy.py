"""What networks do to connections, on purpose: a TCP proxy to put between a client and its server.

proxy = FaultProxy(("127.0.0.1", 1883))
connect("127.0.0.1", proxy.port)
proxy.half_open()
"""

from __future__ import annotations

import contextlib
import socket
import threading
from time import sleep
from types import TracebackType
from typing import Literal, Self

Fault = Literal["", "half-open", "garbage"]


class FaultProxy:
    """Passes on what comes to `port` to *target*, and back, with the fault that is asked for.

    delay_s: how long each piece is held back, both ways.
    """

    def __init__(self, target: tuple[str, int]) -> None:
        self.target = target
        self.delay_s = 0.0
        self.connections = 0  # that were accepted
        self._bytes_per_s: float | None = None
        self._fault: Fault = ""
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._refuses = False
        self.port = 0
        self._bind()
        self._listen()

    def cut(self) -> None:
        """End all connections with a reset; new ones are welcome."""
        with self._lock:
            cut, self._open = self._open, set()
        for one in cut:
            with contextlib.suppress(OSError):  # it ended meanwhile
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)  # wakes who reads it
            one.close()

    def refuse(self) -> None:
        """End all connections and take no new ones: nobody listens at the port, which stays ours."""
        self._deafen()
        self._bind()
        self._refuses = True
        self.cut()

    def half_open(self) -> None:
        """Swallow what is sent, both ways, with all connections open: a cable is out, a router has forgotten us."""
        self._fault = "half-open"

    def garbage(self) -> None:
        """Answer whatever the client sends with bytes that mean nothing; the server gets none of it."""
        self._fault = "garbage"

    def slow(self, bytes_per_s: float) -> None:
        """Let no more bytes through in a second, each way."""
        self._bytes_per_s = bytes_per_s

    def heal(self) -> None:
        """End all faults; connections that are half open, or have told garbage, are cut."""
        broken, self._fault = bool(self._fault), ""
        self._bytes_per_s, self.delay_s = None, 0.0
        if broken:
            self.cut()
        if self._refuses:
            self._refuses = False
            self._listen()

    def close(self) -> None:
        """End."""
        self._deafen()
        self.cut()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _bind(self) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", self.port))
        self.port = self._socket.getsockname()[1]

    def _listen(self) -> None:
        self._socket.listen()
        self._thread = threading.Thread(target=self._accept, args=(self._socket,), name="fault proxy", daemon=True)
        self._thread.start()

    def _deafen(self) -> None:
        with contextlib.suppress(OSError):  # it does not listen
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes who waits for connections
        self._thread.join()
        self._socket.close()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:  # it has been shut down
                return
            self.connections += 1
            try:
                server = socket.create_connection(self.target, 5)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            for one in (client, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open |= {client, server}
            for source, sink in ((client, server), (server, client)):
                pump = threading.Thread(target=self._pump, args=(source, sink, source is client), daemon=True)
                pump.start()

    def _pump(self, source: socket.socket, sink: socket.socket, from_client: bool) -> None:
        try:
            while data := source.recv(65536):
                if self._fault == "garbage" and from_client:
                    source.sendall(bytes(range(128, 256)) * 4 + b"\r\n\r\n")
                elif not self._fault:
                    self._pass_on(data, sink)
        except OSError:  # one side is gone; so is the other, below
            pass
        finally:
            with self._lock:
                self._open -= {source, sink}
            for one in (source, sink):
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
                one.close()

    def _pass_on(self, data: bytes, sink: socket.socket) -> None:
        sleep(self.delay_s)
        while data and (rate := self._bytes_per_s):
            sink.sendall(data[:1])
            data = data[1:]
            sleep(1 / rate)
        sink.sendall(data)
