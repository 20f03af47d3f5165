"""A WebSocket: answers are told from what the server sends on its own, and what is lost is known to be lost."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest

from flowrun.models.devicehive.channel import LIMIT_BYTES, encoded
from flowrun.models.devicehive.errors import Answered, Lost, NoWebSocket, TooLong
from flowrun.models.devicehive.over_websocket import GONE_AFTER_S, PING_AFTER_S, OverWebSocket
from tests.devicehive.hive import Fault
from tests.devicehive.hive import Session as Caller
from tests.devicehive.server import Server, serving


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def channel(server: Server) -> Iterator[OverWebSocket]:
    channel = OverWebSocket(server.url)
    channel.authorize(server.hive.tokens()["accessToken"])
    channel.request("device/save", {"deviceId": "porch", "device": {"name": "porch"}})
    yield channel
    channel.close()


def insert(parameters: Any) -> dict[str, Any]:
    return {"deviceId": "porch", "notification": {"notification": "event", "parameters": parameters}}


def command(server: Server, name: str) -> None:
    request = {"action": "command/insert", "deviceId": "porch", "command": {"command": name}}
    server.hive.handle(Caller(lambda _: None, 1), request)


def test_a_push_before_the_answer_is_not_taken_for_it(server: Server, channel: OverWebSocket) -> None:
    channel.request("notification/subscribe", {"deviceId": "porch"})
    answer = channel.request("notification/insert", insert({"label": "Glass"}))
    assert "subscriptionId" not in answer
    assert answer["notification"]["id"] == server.hive.notifications[-1]["id"]


def test_an_answer_to_something_else_is_left_alone(server: Server, channel: OverWebSocket) -> None:
    server.connections[0].send({"action": "notification/insert", "requestId": "1", "status": "success"})
    server.connections[0].send({"action": "device/get", "requestId": {"a": 1}, "status": "success"})
    assert channel.request("device/get", {"deviceId": "porch"})["device"]["id"] == "porch"


def test_an_error_leaves_the_connection_as_it_is(channel: OverWebSocket) -> None:
    with pytest.raises(Answered, match="device/get: 404 Device with such deviceId = none not found") as answered:
        channel.request("device/get", {"deviceId": "none"})
    assert answered.value.code == 404
    assert channel.request("server/info", {})["info"]["apiVersion"] == "3.5.0"


def test_an_error_without_a_number_is_the_answer_to_what_could_not_be_read(
    server: Server, channel: OverWebSocket
) -> None:
    server.hive.faults["device/get"] = [Fault(0, "")]
    server.connections[0].send({"code": 400, "status": "error", "error": "Malformed Json received."})
    with pytest.raises(Answered, match="device/get: 400 Malformed Json received"):
        channel.request("device/get", {"deviceId": "porch"})


def test_commands_gather_also_while_an_answer_is_awaited(server: Server, channel: OverWebSocket) -> None:
    channel.subscribe("porch", "")
    command(server, "pause")
    channel.request("server/info", {})
    command(server, "resume")
    server.connections[0].send({"action": "command/insert", "subscriptionId": 1, "command": "nonsense"})
    channel.request("server/info", {})
    assert [found["command"] for found in channel.commands] == ["pause", "resume"]


def test_a_message_may_be_as_long_as_the_server_takes(server: Server, channel: OverWebSocket) -> None:
    number = "4"  # of the next request
    frame = {"action": "notification/insert", "requestId": number, **insert({"a": "é"})}
    room = LIMIT_BYTES - len(encoded(frame))
    longest = "é" + "x" * room
    channel.request("notification/insert", insert({"a": longest}))
    assert server.hive.notifications[-1]["parameters"]["a"] == longest
    with pytest.raises(TooLong, match="10241 bytes; the server takes 10240"):
        channel.request("notification/insert", insert({"a": longest + "x"}))
    assert len(server.connections) == 1


def test_the_server_ends_the_connection_where_a_message_is_too_long_for_it(
    channel: OverWebSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowrun.models.devicehive.over_websocket.LIMIT_BYTES", 20_000)
    with pytest.raises(TooLong, match="the server closed the connection, notification/insert: 1009"):
        channel.request("notification/insert", insert({"a": "x" * 10_500}))
    with pytest.raises(Lost, match="could not be sent"):
        channel.request("server/info", {})


def test_nothing_that_is_no_json_is_sent(channel: OverWebSocket) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        channel.request("notification/insert", insert({"score": float("nan")}))


def test_no_answer_in_time_is_the_end_of_the_connection(server: Server) -> None:
    channel = OverWebSocket(server.url, timeout_s=0.05)
    server.hive.faults["server/info"] = [Fault(0, "")]
    with pytest.raises(Lost, match=r"no answer to server/info within 0\.05 s"):
        channel.request("server/info", {})
    with pytest.raises(Lost):
        channel.listen()


def test_pings_are_answered_while_nothing_is_said() -> None:
    with serving(ping_s=0.01) as server:
        channel = OverWebSocket(server.url)
        for _ in range(2000):
            channel.listen()
            if server.pongs >= 3:
                break
        assert server.pongs >= 3
        channel.close()


def test_silence_is_broken_by_a_ping_and_then_taken_for_the_end(server: Server) -> None:
    clock = Clock()
    channel = OverWebSocket(server.url, clock=clock)
    clock.seconds = PING_AFTER_S + 1
    channel.listen()
    for _ in range(2000):
        channel.listen()  # until the pong comes
        if channel._heard:
            break
    assert channel._heard == clock.seconds
    clock.seconds += GONE_AFTER_S + 1
    with pytest.raises(Lost, match="no sign of life for 36 s"):
        channel.listen()


def test_the_reason_why_the_server_closes_is_told(server: Server, channel: OverWebSocket) -> None:
    server.close_all(1001)
    with pytest.raises(Lost, match="the server closed the connection, server/info: 1001"):
        channel.request("server/info", {})


@pytest.mark.parametrize("text", ["[1, 2]", "no json", '"text"'])
def test_what_is_no_message_ends_the_connection(server: Server, channel: OverWebSocket, text: str) -> None:
    connection = server.connections[0]
    connection._protocol.send_text(text.encode())
    connection._flush()
    with pytest.raises(Lost, match="no message of a DeviceHive"):
        channel.request("server/info", {})


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", NoWebSocket),
        (b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", Lost),
        (b"HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\n\r\n", NoWebSocket),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", NoWebSocket),
        (b"220 mail.example ESMTP\r\n\r\n", NoWebSocket),
        (b"\xff\xfe\x00garbage\r\n\r\n", NoWebSocket),
        (b"", Lost),
    ],
)
def test_what_answers_otherwise_is_no_websocket(said: bytes, kind: type[Lost]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            with listener.accept()[0] as stream:
                stream.recv(4096)
                stream.sendall(said)

        thread = Thread(target=answer)
        thread.start()
        with pytest.raises(kind) as lost:
            OverWebSocket(f"ws://127.0.0.1:{listener.getsockname()[1]}/api/websocket", timeout_s=2)
        thread.join()
        assert type(lost.value) is kind
