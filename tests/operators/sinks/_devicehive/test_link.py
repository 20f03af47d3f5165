"""Letters reach a DeviceHive in order, whatever becomes of the connection, and its commands are carried out once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from flowrun.models.devicehive.address import address_of
from flowrun.models.devicehive.credentials import Credentials
from flowrun.models.devicehive.over_rest import OverRest
from flowrun.models.devicehive.over_websocket import OverWebSocket
from flowrun.models.devicehive.session import Session
from flowrun.models.outbox.letter import Letter
from flowrun.operators._delivery.link import Refused, Unreachable
from flowrun.operators.sinks._devicehive.commands import Commands
from flowrun.operators.sinks._devicehive.link import Device, DeviceHiveLink
from flowrun.schemas.event import as_json
from flowrun.schemas.ports import Event
from flowrun.schemas.run import Alone
from tests.devicehive.hive import Fault
from tests.devicehive.hive import Session as Caller
from tests.devicehive.server import Server, serving
from tests.fault_proxy import FaultProxy

PATIENCE_S = 0.2  # for an answer


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
def run() -> Alone:
    return Alone("iot")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def link_to(server: Server, run: Alone, clock: Clock) -> Iterator[Callable[..., DeviceHiveLink]]:
    made: list[DeviceHiveLink] = []

    def make(url: str = "", network: int | None = None, **credentials: str) -> DeviceHiveLink:
        given = credentials or {"refresh_token": server.hive.tokens()["refreshToken"]}
        ways: Any = {
            "over_websocket": partial(OverWebSocket, timeout_s=PATIENCE_S),
            "over_rest": partial(OverRest, timeout_s=PATIENCE_S, clock=clock),
        }
        session = Session(address_of(url or server.url), Credentials(**given), clock=clock, **ways)
        made.append(DeviceHiveLink(session, Device("porch", network=network), Commands(run), run.warn, clock))
        return made[-1]

    yield make
    for link in made:
        link.close()


def letter(number: int, **more: Any) -> Letter:
    fields: dict[str, Any] = {"start_s": float(number), "end_s": number + 1.0, **more}
    event = Event(f"e{number}", "mic", "Glass", 0.5, **fields)
    return Letter(number, event.id, as_json(event).encode(), datetime(2026, 1, 1, tzinfo=UTC))


def told(server: Server) -> list[str]:
    """Return the ids of the events that the server was told, in order."""
    return [kept["parameters"]["id"] for kept in server.hive.notifications if kept["notification"] == "event"]


def command(server: Server, name: str, parameters: Any = None) -> dict[str, Any]:
    """Give the device a command; it becomes what the device answers."""
    request = {"action": "command/insert", "deviceId": "porch", "command": {"command": name, "parameters": parameters}}
    server.hive.handle(Caller(lambda _: None, 1), request)
    return server.hive.commands[-1]


def listen(link: DeviceHiveLink, server: Server, answers: int) -> None:
    for _ in range(2000):
        link.idle()
        if server.hive.asked["command/update"] >= answers:
            return
    pytest.fail(f"there were no {answers} answers to commands")


def test_the_device_is_saved_and_each_letter_is_a_notification(
    server: Server, link_to: Callable[..., DeviceHiveLink]
) -> None:
    link = link_to(network=1)
    link.open()
    for number in (1, 2):
        link.send(letter(number))
    assert list(link.acknowledged(0)) == [(1, None), (2, None)]
    assert list(link.acknowledged(0)) == []
    assert (server.hive.devices["porch"]["name"], server.hive.devices["porch"]["networkId"]) == ("porch", 1)
    kept = server.hive.notifications[-1]
    assert (kept["notification"], kept["deviceId"], kept["parameters"]["label"]) == ("event", "porch", "Glass")


@pytest.mark.parametrize("fault", ["cut", "half_open", "garbage", "refuse"])
@pytest.mark.parametrize("rest", [False, True])
def test_a_letter_is_sent_until_it_is_acknowledged_whatever_the_network_does(
    server: Server, link_to: Callable[..., DeviceHiveLink], fault: str, rest: bool
) -> None:
    with FaultProxy(("127.0.0.1", server.port)) as proxy:
        way = "http://127.0.0.1:{}/api/rest" if rest else "ws://127.0.0.1:{}/api/websocket"
        link = link_to(way.format(proxy.port))
        link.open()
        link.send(letter(1))
        getattr(proxy, fault)()
        if fault == "cut" and rest:  # a new connection is opened for the next request
            link.send(letter(2))
        else:
            with pytest.raises(Unreachable, match=f"^127.0.0.1:{proxy.port}: "):
                link.send(letter(2))
            link.close()
            if fault != "cut":
                with pytest.raises(Unreachable):
                    link.open()
            proxy.heal()
            link.open()
            link.send(letter(2))
        link.send(letter(3))
        assert list(dict.fromkeys(told(server))) == ["e1", "e2", "e3"]


def test_a_slow_or_late_network_is_still_one(server: Server, link_to: Callable[..., DeviceHiveLink]) -> None:
    with FaultProxy(("127.0.0.1", server.port)) as proxy:
        link = link_to(f"ws://127.0.0.1:{proxy.port}/api/websocket")
        link.open()
        proxy.delay_s = 0.01
        link.send(letter(1))
        proxy.delay_s = 0.0
        proxy.slow(20_000)
        link.send(letter(2))
        assert told(server) == ["e1", "e2"]


def test_a_server_that_is_restarted_is_told_everything_and_of_the_device_again(
    server: Server, link_to: Callable[..., DeviceHiveLink]
) -> None:
    link = link_to()
    link.open()
    link.send(letter(1))
    server.stop()
    with pytest.raises(Unreachable):
        link.send(letter(2))
    with pytest.raises(Unreachable, match="no connection: Connection refused"):
        link.open()
    server.start()
    link.open()
    link.send(letter(2))
    assert told(server) == ["e1", "e2"]
    assert server.hive.asked["device/save"] == 2


def test_a_letter_that_the_server_cannot_read_is_refused_and_the_next_is_not(
    server: Server, link_to: Callable[..., DeviceHiveLink]
) -> None:
    link = link_to()
    link.open()
    server.hive.faults["notification/insert"] = [Fault(400, "Notification is required")]
    with pytest.raises(Refused, match="400 Notification is required"):
        link.send(letter(1))
    link.send(letter(2))
    assert told(server) == ["e2"]


def test_a_message_that_is_too_long_for_the_server_after_all_is_refused(
    server: Server, link_to: Callable[..., DeviceHiveLink], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowrun.models.devicehive.over_websocket.LIMIT_BYTES", 50_000)
    monkeypatch.setattr("flowrun.operators.sinks._devicehive.notification.ROOM_BYTES", 50_000)
    link = link_to()
    link.open()
    with pytest.raises(Refused, match="1009"):
        link.send(letter(1, reason="x" * 11_000))
    with pytest.raises(Unreachable):
        link.send(letter(2))
    link.open()
    link.send(letter(2))
    assert told(server) == ["e2"]


def test_a_device_that_was_deleted_is_saved_again(server: Server, link_to: Callable[..., DeviceHiveLink]) -> None:
    link = link_to()
    link.open()
    server.hive.devices.clear()
    link.send(letter(1))
    assert told(server) == ["e1"]


@pytest.mark.parametrize(("code", "suspect", "after_s"), [(403, False, 60.0), (500, True, None), (503, True, None)])
def test_what_is_not_the_letters_fault_keeps_the_letter(
    server: Server, link_to: Callable[..., DeviceHiveLink], code: int, suspect: bool, after_s: float | None
) -> None:
    link = link_to()
    link.open()
    server.hive.faults["notification/insert"] = [Fault(code, "so it is")]
    with pytest.raises(Unreachable, match=f"{code} so it is") as unreachable:
        link.send(letter(1))
    assert (unreachable.value.suspect, unreachable.value.retry_after_s) == (suspect, after_s)


def test_credentials_that_are_denied_are_tried_less_and_less_often(
    server: Server, link_to: Callable[..., DeviceHiveLink], clock: Clock
) -> None:
    """A user with a wrong password is locked after ten tries."""
    link = link_to(login="ann", password="no horse")
    for _ in range(24 * 60):
        with pytest.raises(Unreachable, match="401 Invalid credentials"):
            link.open()
        clock.seconds += 60.0
    assert server.hive.users["ann"].tries <= 9
    server.hive.users["ann"].password = "no horse"
    clock.seconds += 6 * 3600.0
    link.open()
    assert server.hive.asked["device/save"] == 1


def test_a_bad_refresh_token_is_no_reason_to_hurry(
    server: Server, link_to: Callable[..., DeviceHiveLink], clock: Clock
) -> None:
    link = link_to(refresh_token="a token of another server")
    for _ in range(50):
        with pytest.raises(Unreachable, match="the refresh token is not accepted") as unreachable:
            link.open()
        assert "another" not in str(unreachable.value)
        clock.seconds += 1.0
    assert server.hive.asked["token/refresh"] == 1


def test_a_command_is_carried_out_and_answered(
    server: Server, link_to: Callable[..., DeviceHiveLink], run: Alone
) -> None:
    link = link_to()
    link.open()
    given = command(server, "pause")
    listen(link, server, 1)
    assert run.control.paused
    assert (given["status"], given["result"]["paused"]) == ("OK", True)
    wrong = command(server, "explode")
    listen(link, server, 2)
    assert (wrong["status"], wrong["result"]) == (
        "error",
        {"error": "no command 'explode'; known: pause, resume, set_threshold, status"},
    )


@pytest.mark.parametrize("way", ["url", "rest"])
def test_commands_given_while_it_was_away_are_carried_out_later_each_once(
    server: Server, link_to: Callable[..., DeviceHiveLink], run: Alone, clock: Clock, way: str
) -> None:
    link = link_to(getattr(server, way))
    link.open()
    link.close()
    pause = command(server, "pause")
    resume = command(server, "resume")
    link.open()
    listen(link, server, 2)
    assert (pause["status"], resume["status"], run.control.paused, run.control.pauses) == ("OK", "OK", None, 1)
    for _ in range(3):
        link.close()
        link.open()
        clock.seconds += 10.0
        link.idle()
    assert (server.hive.asked["command/update"], run.control.pauses) == (2, 1)


def test_a_command_whose_answer_was_lost_is_answered_again_but_not_carried_out_again(
    server: Server, link_to: Callable[..., DeviceHiveLink], run: Alone
) -> None:
    link = link_to()
    link.open()
    server.hive.faults["command/update"] = [Fault(0, "")]
    given = command(server, "pause")
    with pytest.raises(Unreachable, match="no answer to command/update"):
        listen(link, server, 2)
    run.control.resume("somebody else")
    link.close()
    link.open()
    listen(link, server, 2)
    assert (given["status"], run.control.pauses, run.control.paused) == ("OK", 1, None)


def test_commands_are_carried_out_while_there_is_much_to_send(
    server: Server, link_to: Callable[..., DeviceHiveLink], run: Alone, clock: Clock
) -> None:
    link = link_to()
    link.open()
    command(server, "pause")
    for number in range(20):
        clock.seconds += 1.0
        link.send(letter(number))
    assert run.control.paused


def test_what_was_commanded_before_it_began_is_left_alone(
    server: Server, link_to: Callable[..., DeviceHiveLink], run: Alone
) -> None:
    server.hive.handle(Caller(print, 1), {"action": "device/save", "deviceId": "porch", "device": {"name": "porch"}})
    command(server, "pause")
    server.hive.commands[-1]["timestamp"] = "2020-01-01T00:00:00.000"
    link = link_to()
    link.open()
    link.idle()
    assert not run.control.paused


def test_without_the_right_to_commands_events_are_delivered_all_the_same(
    server: Server, link_to: Callable[..., DeviceHiveLink], run: Alone
) -> None:
    link = link_to()
    for number in (1, 2):
        server.hive.faults["command/subscribe"] = [Fault(403, "Access is denied")]
        link.open()
        link.send(letter(number))
    assert told(server) == ["e1", "e2"]
    (warning,) = run.warnings
    assert warning.endswith("commands are not carried out, or not answered: command/subscribe: 403 Access is denied")


def test_a_command_that_the_server_has_forgotten_disturbs_nobody(
    server: Server, link_to: Callable[..., DeviceHiveLink], run: Alone
) -> None:
    link = link_to()
    link.open()
    server.hive.faults["command/update"] = [Fault(404, "Command with id 1 not found")]
    command(server, "pause")
    listen(link, server, 1)
    link.send(letter(1))
    assert run.control.paused
    assert told(server) == ["e1"]
    assert len(run.warnings) == 1


def test_that_rest_is_used_instead_is_told_once(run: Alone, link_to: Callable[..., DeviceHiveLink]) -> None:
    with serving(websocket=False) as other:
        link = link_to(other.url, refresh_token=other.hive.tokens()["refreshToken"])
        for number in (1, 2):
            link.open()
            link.send(letter(number))
        assert told(other) == ["e1", "e2"]
    assert run.warnings == ["there is no WebSocket, but an answer with status 404; REST is used instead"]
