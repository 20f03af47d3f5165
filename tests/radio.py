"""Servers of sound on 127.0.0.1: a web radio (HTTP) and a camera (RTSP), behind a user and a password, to be cut."""

from __future__ import annotations

import socket
import socketserver
import struct
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import chain
from threading import Event, Thread

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16000
PIECE = 320  # samples, 20 ms
USER, PASSWORD, TOKEN = "listener", "s3kret-pass", "t0ken-of-mine"
ALLOWED = b"Authorization: Basic " + b64encode(f"{USER}:{PASSWORD}".encode())
# A WAV file without an end.
FORMAT = struct.pack("<IHHIIHH", 16, 1, 1, RATE_HZ, 2 * RATE_HZ, 2, 16)
HEADER = b"RIFF\xff\xff\xff\xffWAVEfmt " + FORMAT + b"data\xff\xff\xff\xff"
DESCRIPTION = (
    *("v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=camera", "c=IN IP4 0.0.0.0", "t=0 0", "a=control:*"),
    *("m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000", "a=control:video"),
    *("m=audio 0 RTP/AVP 97", "a=rtpmap:97 L16/16000/1", "a=control:audio", ""),
)


class Server:
    """Listens on one port; whoever comes is served by *serve* until it is cut.

    Args:
        serve: Speaks with one client; called with the connection and a flag that is set when it is cut.
    """

    def __init__(self, serve: Callable[[socket.socket, Event], None]) -> None:
        self.port = 0
        self._serve, self._cut = serve, Event()
        self._server: socketserver.ThreadingTCPServer | None = None

    def start(self) -> None:
        """Listen, on the port of the last time."""
        cut = self._cut = Event()
        serve = self._serve

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with suppress(OSError):  # the client has gone
                    serve(self.request, cut)

        class Listening(socketserver.ThreadingTCPServer):
            allow_reuse_address = daemon_threads = True

        self._server = Listening(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self) -> None:
        """Cut every connection, and take none."""
        self._cut.set()
        if self._server:
            self._server.shutdown()
            self._server.server_close()


def radio(sound: NDArray[np.float32]) -> Server:
    """Return a server that sends *sound* at once, and then a faint hiss as long as anybody listens."""

    def serve(connection: socket.socket, cut: Event) -> None:
        asked = _request(connection)
        if ALLOWED not in asked:
            connection.sendall(b'HTTP/1.0 401 Unauthorized\r\nWWW-Authenticate: Basic realm="radio"\r\n\r\n')
            return
        connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: audio/wav\r\n\r\n" + HEADER)
        connection.sendall(_integers(sound, "<i2"))
        for piece in _pieces(cut):
            connection.sendall(_integers(piece, "<i2"))

    return Server(serve)


def camera(sound: NDArray[np.float32]) -> Server:
    """Return a server of video, which nobody may ask for, and of audio: *sound*, then a faint hiss."""

    def serve(connection: socket.socket, cut: Event) -> None:
        while request := _request(connection):
            method, url, _ = request.split(maxsplit=2)
            number = next(line for line in request.splitlines() if line.lower().startswith(b"cseq"))
            extra, body, status = b"", b"", b"200 OK"
            if method != b"OPTIONS" and ALLOWED not in request:
                status, extra = b"401 Unauthorized", b'WWW-Authenticate: Basic realm="camera"\r\n'
            elif method == b"DESCRIBE":
                body = "\r\n".join(DESCRIPTION).encode()
                extra = b"Content-Type: application/sdp\r\nContent-Length: %d\r\n" % len(body)
            elif method == b"SETUP":
                if url.endswith(b"/audio") and b"RTP/AVP/TCP" in request:
                    extra = b"Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1\r\n"
                else:
                    status = b"461 Unsupported Transport"
            elif method == b"PLAY":
                extra = b"Session: 1\r\n"
            connection.sendall(b"RTSP/1.0 %s\r\n%s\r\n%s\r\n%s" % (status, number, extra, body))
            if method == b"PLAY" and status == b"200 OK":
                _packets(connection, sound, cut)
                return

    return Server(serve)


def _request(connection: socket.socket) -> bytes:
    """Return a request up to its empty line; b"" where the client has gone."""
    asked = b""
    while not asked.endswith(b"\r\n\r\n"):
        data = connection.recv(1)
        if not data:
            return b""
        asked += data
    return asked


def _packets(connection: socket.socket, sound: NDArray[np.float32], cut: Event) -> None:
    """Send RTP inside the connection: a `$`, the channel, the length, the packet."""
    whole = (sound[i : i + PIECE] for i in range(0, len(sound), PIECE))
    for number, piece in enumerate(chain(whole, _pieces(cut))):
        packet = struct.pack(">BBHII", 0x80, 97, number % 65536, number * PIECE, 1) + _integers(piece, ">i2")
        connection.sendall(struct.pack(">cBH", b"$", 0, len(packet)) + packet)


def _pieces(cut: Event) -> Iterator[NDArray[np.float32]]:
    """Yield a faint hiss at the pace of time, until it is cut."""
    hiss = np.random.default_rng(1).normal(0, 1e-3, PIECE).astype(np.float32)
    while not cut.wait(PIECE / RATE_HZ):
        yield hiss


def _integers(samples: NDArray[np.float32], form: str) -> bytes:
    return (samples.clip(-1, 1) * 32767).round().astype(form).tobytes()
