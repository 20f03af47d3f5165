"""An MQTT broker that answers what a test wants: for what a real one does seldom, or only on its bad days."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from time import monotonic
from typing import BinaryIO, NamedTuple

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, PINGREQ, PINGRESP, DISCONNECT = 1, 2, 3, 4, 8, 9, 12, 13, 14
WAIT_S = 10.0


class Packet(NamedTuple):
    """A packet as it came: type, flags, and what follows the length."""

    kind: int
    flags: int
    body: bytes

    @property
    def topic(self) -> str:
        """Of a PUBLISH."""
        return self.body[2 : 2 + struct.unpack_from("!H", self.body)[0]].decode()

    @property
    def number(self) -> bytes:
        """Of a PUBLISH at QoS 1, or a SUBSCRIBE."""
        start = 2 + struct.unpack_from("!H", self.body)[0] if self.kind == PUBLISH else 0
        return self.body[start : start + 2]


Answer = Callable[[Packet], bytes | None]


class FakeBroker:
    """Takes one connection after the other; `received` is all that came.

    Args:
        version: Of MQTT: 4 is 3.1.1.
        connack: What it answers to CONNECT: flags, reason code, and properties.
        answer: What it answers to a PUBLISH; None where it stays silent, b"" where it hangs up. Without it, PUBACK.
    """

    def __init__(self, version: int = 5, connack: bytes | None = None, answer: Answer | None = None) -> None:
        self.received: list[Packet] = []
        self.connack = bytes([0, 0, 0] if version == 5 else [0, 0]) if connack is None else connack
        self.answer: Answer = answer or puback
        self.suback = 1  # QoS 1 is granted
        self._version = version
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"mqtt://127.0.0.1:{self._server.getsockname()[1]}"
        self._client: socket.socket | None = None
        self._thread = Thread(target=self._serve, daemon=True)
        self._thread.start()

    def topics(self) -> list[str]:
        """Return what was published to, in order."""
        return [packet.topic for packet in list(self.received) if packet.kind == PUBLISH]

    def say(self, packet: bytes) -> None:
        """Send something that nobody asked for."""
        if self._client:
            self._client.sendall(packet)

    def wait_for(self, kind: int) -> Packet:
        """Return the first packet of a kind."""
        deadline = monotonic() + WAIT_S
        while monotonic() < deadline:
            for packet in list(self.received):
                if packet.kind == kind:
                    return packet
        raise AssertionError(f"no packet {kind} in {self.received}")

    def close(self) -> None:
        """Hang up, and listen no more."""
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)  # which ends the wait for a client
        self._server.close()
        if self._client:
            with suppress(OSError):
                self._client.shutdown(socket.SHUT_RDWR)
        self._thread.join(WAIT_S)

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                self._client, _ = self._server.accept()
                with self._client as client, client.makefile("rb") as stream, suppress(OSError, IndexError):
                    while self._take(client, _read(stream)):
                        pass

    def _take(self, client: socket.socket, packet: Packet) -> bool:
        self.received.append(packet)
        answer = self._answer(packet)
        if answer:
            client.sendall(answer)
        return answer != b""

    def _answer(self, packet: Packet) -> bytes | None:
        if packet.kind == CONNECT:
            return made(CONNACK, self.connack)
        if packet.kind == PUBLISH:
            return self.answer(packet)
        if packet.kind == SUBSCRIBE:
            return made(SUBACK, packet.number + bytes([0, self.suback] if self._version == 5 else [self.suback]))
        return made(PINGRESP, b"") if packet.kind == PINGREQ else b""


def puback(packet: Packet, reason: int = 0) -> bytes:
    """Return the answer that a message was taken, or (MQTT 5) not."""
    return made(PUBACK, packet.number + (bytes([reason, 0]) if reason else b""))


def made(kind: int, body: bytes) -> bytes:
    """Return a packet of less than 128 bytes."""
    return bytes([kind << 4, len(body)]) + body


def _read(stream: BinaryIO) -> Packet:
    """Return the next packet; IndexError where there is none."""
    first, length, shift = stream.read(1)[0], 0, 0
    while True:
        byte = stream.read(1)[0]
        length |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return Packet(first >> 4, first & 15, stream.read(length))
