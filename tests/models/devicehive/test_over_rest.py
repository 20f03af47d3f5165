"""REST gives what the WebSocket gives, by requests that each stand alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from flowrun.models.devicehive.address import address_of
from flowrun.models.devicehive.channel import LIMIT_BYTES
from flowrun.models.devicehive.errors import Answered, Lost, TooLong
from flowrun.models.devicehive.over_rest import POLL_S, OverRest
from tests.devicehive.hive import Fault
from tests.devicehive.hive import Session as Caller
from tests.devicehive.server import Server, serving


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def channel(server: Server, clock: Clock) -> Iterator[OverRest]:
    channel = OverRest(address_of(server.rest), clock=clock)
    channel.authorize(server.hive.tokens()["accessToken"])
    channel.request("device/save", {"deviceId": "porch", "device": {"name": "porch"}})
    yield channel
    channel.close()


def command(server: Server, name: str) -> int:
    request = {"action": "command/insert", "deviceId": "porch", "command": {"command": name}}
    number: int = server.hive.handle(Caller(lambda _: None, 1), request)["command"]["id"]
    return number


def test_answers_have_the_form_of_the_websocket(server: Server, channel: OverRest) -> None:
    assert channel.request("server/info", {})["info"]["apiVersion"] == "3.5.0"
    notification = {"notification": "event", "parameters": {"label": "Müll"}}
    answer = channel.request("notification/insert", {"deviceId": "porch", "notification": notification})
    assert answer["notification"]["id"] == server.hive.notifications[-1]["id"]
    assert server.hive.notifications[-1]["parameters"] == {"label": "Müll"}


def test_commands_are_asked_for_now_and_then_each_is_given_once_and_can_be_answered(
    server: Server, channel: OverRest, clock: Clock
) -> None:
    channel.listen()  # nobody wants commands yet
    channel.subscribe("porch", "2020-01-01T00:00:00.000")
    number = command(server, "pause")
    for _ in range(3):
        channel.listen()
    clock.seconds += POLL_S
    channel.listen()
    assert server.hive.asked["command/poll"] == 2
    assert [found["id"] for found in channel.commands] == [number]
    update = {"status": "OK", "result": {"paused": True}}
    channel.request("command/update", {"deviceId": "porch", "commandId": number, "command": update})
    assert server.hive.commands[0]["result"] == {"paused": True}


@pytest.mark.parametrize("nginx", [True, False])
def test_tokens_come_from_where_they_are(nginx: bool) -> None:
    with serving(nginx=nginx) as server:
        channel = OverRest(address_of(server.rest))
        tokens = channel.request("token", {"login": "ann", "password": "horse battery"})
        assert channel.request("token/refresh", {"refreshToken": tokens["refreshToken"]})["accessToken"]
        channel.close()


def test_errors_are_told_as_those_of_the_websocket(server: Server, channel: OverRest) -> None:
    with pytest.raises(Answered, match="404 Device with such deviceId = none not found") as answered:
        channel.request("notification/insert", {"deviceId": "none", "notification": {"notification": "event"}})
    assert answered.value.code == 404
    channel.authorize("garbage")
    with pytest.raises(Answered, match="401 Invalid credentials"):
        channel.request("device/save", {"deviceId": "porch", "device": {"name": "porch"}})


def test_a_connection_that_the_server_closed_meanwhile_is_no_loss(server: Server, channel: OverRest) -> None:
    assert channel._connection
    assert channel._connection.sock
    server.hive.faults["server/info"] = [Fault(0, "")]  # it closes without an answer
    assert channel.request("server/info", {})["info"]
    server.hive.faults["server/info"] = [Fault(0, ""), Fault(0, "")]
    with pytest.raises(Lost, match="server/info: RemoteDisconnected"):
        channel.request("server/info", {})


def test_a_server_that_is_not_there_and_too_long_a_message(server: Server, channel: OverRest) -> None:
    with pytest.raises(TooLong):
        channel.request("device/save", {"deviceId": "porch", "device": {"name": "x" * LIMIT_BYTES}})
    channel.close()
    server.stop()
    with pytest.raises(Lost, match="server/info: Connection refused"):
        channel.request("server/info", {})
    server.start()
