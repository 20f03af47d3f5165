"""A session is authenticated in each way that DeviceHive knows, keeps so, and tells no secret when it fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from flowrun.models.devicehive.address import address_of
from flowrun.models.devicehive.credentials import Credentials
from flowrun.models.devicehive.errors import Answered, Denied, Lost
from flowrun.models.devicehive.session import IDLE_S, WEBSOCKET_AGAIN_S, Session
from tests.devicehive.hive import Fault
from tests.devicehive.server import Server, serving

DEVICE = {"deviceId": "porch", "device": {"name": "porch"}}
EVENT = {"deviceId": "porch", "notification": {"notification": "event", "parameters": {"label": "Glass"}}}


class Clock:
    """Seconds that a test lets go by, for both sides."""

    def __init__(self) -> None:
        self.seconds = 1_795_327_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Iterator[Server]:
    with serving() as server:
        server.hive.now = clock
        yield server


@pytest.fixture
def session_of(server: Server, clock: Clock) -> Iterator[Callable[..., Session]]:
    made: list[Session] = []

    def make(url: str | None = None, **credentials: str) -> Session:
        given = credentials or {"refresh_token": server.hive.tokens()["refreshToken"]}
        made.append(Session(address_of(url or server.url), Credentials(**given), clock=clock, now=clock))
        return made[-1]

    yield make
    for session in made:
        session.close()


def begin(session: Session) -> None:
    session.open()
    session.request("device/save", **DEVICE)


def actions(server: Server) -> list[Any]:
    return [request.get("action") for request in server.hive.requests]


@pytest.mark.parametrize("way", ["url", "rest"])
def test_a_refresh_token_brings_an_access_token(server: Server, session_of: Callable[..., Session], way: str) -> None:
    session = session_of(getattr(server, way))
    assert session.open() == server.hive.stamp()
    session.request("device/save", **DEVICE)
    session.request("notification/insert", **EVENT)
    told = ["token/refresh", *(["authenticate"] if way == "url" else []), "server/info", "device/save"]
    assert actions(server) == [*told, "notification/insert"]
    assert server.hive.notifications[-1]["parameters"] == {"label": "Glass"}


@pytest.mark.parametrize("way", ["url", "rest"])
def test_login_and_password_bring_both_tokens_and_the_password_is_sent_once(
    server: Server, session_of: Callable[..., Session], way: str
) -> None:
    session = session_of(getattr(server, way), login="ann", password="horse battery")
    session.open()
    session.open()
    session.request("device/save", **DEVICE)
    assert [action for action in actions(server) if "token" in action] == ["token", "token/refresh"]


@pytest.mark.parametrize("way", ["url", "rest"])
def test_an_access_token_does_until_it_expires(
    server: Server, session_of: Callable[..., Session], clock: Clock, way: str
) -> None:
    token = server.hive.tokens()["accessToken"]
    session = session_of(getattr(server, way), access_token=token)
    begin(session)
    clock.seconds += 1801
    with pytest.raises(Denied, match=r"401 Token expired.*a refresh token would bring a new one"):
        begin(session)


def test_an_open_session_outlives_its_token_but_has_a_new_one_before(
    server: Server, session_of: Callable[..., Session], clock: Clock
) -> None:
    session = session_of()
    begin(session)
    for _ in range(3):
        clock.seconds += 1500
        session.listen()
    assert (server.hive.asked["token/refresh"], server.hive.asked["authenticate"]) == (4, 4)
    clock.seconds += 1801
    session.request("notification/insert", **EVENT)
    assert server.hive.asked["token/refresh"] == 4


def test_an_expired_token_is_renewed_when_a_request_over_rest_shows_it(
    server: Server, session_of: Callable[..., Session], clock: Clock
) -> None:
    session = session_of(server.rest)
    begin(session)
    clock.seconds += 1801
    session.request("notification/insert", **EVENT)
    assert server.hive.asked["token/refresh"] == 2
    assert len(server.hive.notifications) == 2  # that the device was added, too


def test_a_request_that_is_not_authorized_is_repeated_once_with_a_new_token(
    server: Server, session_of: Callable[..., Session]
) -> None:
    session = session_of()
    session.open()
    server.hive.faults["device/save"] = [Fault(401, "Unauthorized")]
    session.request("device/save", **DEVICE)
    assert actions(server)[3:] == ["device/save", "token/refresh", "authenticate", "device/save"]
    server.hive.faults["device/save"] = [Fault(401, "Unauthorized")] * 2
    with pytest.raises(Denied, match="device/save: 401 Unauthorized"):
        session.request("device/save", **DEVICE)


@pytest.mark.parametrize("way", ["url", "rest"])
@pytest.mark.parametrize(
    ("credentials", "why"),
    [
        ({"refresh_token": "garbage"}, "the refresh token is not accepted .*: 500 Invalid response status"),
        ({"login": "ann", "password": "no horse"}, "login and password are not accepted .*401 Invalid credentials"),
        ({"login": "bob", "password": "no horse"}, "401 User with login = bob not found"),
    ],
)
def test_what_will_not_be_accepted_later_either_is_denied(
    server: Server, session_of: Callable[..., Session], way: str, credentials: dict[str, str], why: str
) -> None:
    with pytest.raises(Denied, match=why):
        session_of(getattr(server, way), **credentials).open()


def test_an_expired_refresh_token_and_one_of_the_wrong_kind_are_denied(
    server: Server, session_of: Callable[..., Session], clock: Clock
) -> None:
    tokens = server.hive.tokens()
    with pytest.raises(Denied, match="401 Invalid token type"):
        session_of(refresh_token=tokens["accessToken"]).open()
    clock.seconds += server.hive.refresh_s + 1
    with pytest.raises(Denied, match="401 Token has expired"):
        session_of(refresh_token=tokens["refreshToken"]).open()


def test_a_service_of_tokens_that_is_down_is_no_denial(server: Server, session_of: Callable[..., Session]) -> None:
    server.hive.faults["token/refresh"] = [Fault(503, "Service is not available")]
    with pytest.raises(Answered, match="503 Service is not available"):
        session_of().open()


def test_a_session_that_is_open_stays_so_while_no_new_token_is_to_be_had(
    server: Server, session_of: Callable[..., Session], clock: Clock
) -> None:
    session = session_of()
    begin(session)
    server.hive.faults["token/refresh"] = [
        Fault(503, "Service is not available"),
        Fault(500, "Invalid response status"),
    ]
    for _ in range(5):
        clock.seconds += 1500
        session.listen()
    session.request("notification/insert", **EVENT)
    assert (server.hive.asked["token/refresh"], server.hive.asked["authenticate"]) == (3, 1)


def test_no_error_holds_a_secret(server: Server, session_of: Callable[..., Session]) -> None:
    tokens = server.hive.tokens()
    for name, text in (("refreshToken", "refresh_token"), ("accessToken", "access_token")):
        token = tokens[name]
        action = "token/refresh" if text == "refresh_token" else "authenticate"
        server.hive.faults[action] = [Fault(401, f"what is {token}?")]
        with pytest.raises(Denied) as denied:
            session_of(**{text: token}).open()
        assert token not in str(denied.value)
        assert "what is ***?" in str(denied.value)
    session = session_of()
    session.open()
    server.hive.faults["device/save"] = [Fault(400, f"{tokens['accessToken']} of somebody else")]
    with pytest.raises(Answered) as answered:
        session.request("device/save", **DEVICE)
    assert answered.value.text == "*** of somebody else"
    assert repr(Credentials(refresh_token="secret", password="secret")) == "Credentials()"


def test_without_a_websocket_rest_is_used_until_there_is_one(clock: Clock) -> None:
    with serving(websocket=False) as server:
        token = server.hive.tokens()["refreshToken"]
        session = Session(address_of(server.url), Credentials(refresh_token=token), clock=clock)
        session.open()
        session.request("device/save", **DEVICE)
        session.request("notification/insert", **EVENT)
        assert server.hive.notifications[-1]["notification"] == "event"
        clock.seconds += WEBSOCKET_AGAIN_S
        session.listen()  # there is still none
        server.websocket = True
        clock.seconds += WEBSOCKET_AGAIN_S
        with pytest.raises(Lost, match="the WebSocket works again"):
            session.listen()
        session.open()
        assert "authenticate" in actions(server)
        session.close()


def test_rest_is_not_tried_where_nothing_answers(session_of: Callable[..., Session], server: Server) -> None:
    session = session_of()
    server.stop()
    with pytest.raises(Lost, match="no connection: Connection refused"):
        session.open()
    server.start()
    assert session.open()


def test_a_session_that_says_nothing_for_long_shows_that_it_is_there(
    server: Server, session_of: Callable[..., Session], clock: Clock
) -> None:
    """The server would end it after four minutes."""
    session = session_of()
    session.open()
    for _ in range(4):
        clock.seconds += IDLE_S / 2
        session.listen()
    assert server.hive.asked["server/info"] == 3


def test_a_restarted_server_is_met_anew(server: Server, session_of: Callable[..., Session]) -> None:
    session = session_of()
    session.open()
    session.request("device/save", **DEVICE)
    server.stop()
    with pytest.raises(Lost):
        session.request("notification/insert", **EVENT)
    server.start()
    session.open()
    session.request("notification/insert", **EVENT)
    assert server.hive.asked["authenticate"] == 2
