"""An event is taken with PUBACK and never earlier, and whatever a broker does is one of two clear errors."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from flowrun.models.outbox.letter import Letter
from flowrun.operators._delivery.link import Refused, Unreachable
from flowrun.operators.sinks._mqtt.broker import broker_at
from flowrun.operators.sinks._mqtt.client import Version
from flowrun.operators.sinks._mqtt.connection import Connection
from flowrun.operators.sinks._mqtt.link import WINDOW, MqttLink
from flowrun.operators.sinks._mqtt.presence import Presence
from flowrun.operators.sinks._mqtt.topics import Topics
from flowrun.schemas.event import as_json
from flowrun.schemas.ports import Event
from flowrun.schemas.run import Alone
from tests.fake_broker import CONNECT, DISCONNECT, PUBLISH, FakeBroker, Packet, made, puback

EVENT = "f/event"


class Clock:
    """Seconds, which pass when the test says so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def broker() -> Iterator[Callable[..., FakeBroker]]:
    """A function that starts a fake broker."""
    started: list[FakeBroker] = []

    def start(*args: Any, **options: Any) -> FakeBroker:
        started.append(FakeBroker(*args, **options))
        return started[-1]

    yield start
    for one in started:
        one.close()


@pytest.fixture
def link_to(clock: Clock) -> Iterator[Callable[..., MqttLink]]:
    """A function that makes a link to a broker."""
    links: list[MqttLink] = []

    def make(broker: FakeBroker, version: Version = 5) -> MqttLink:
        presence = Presence(Topics("f"), announce=False, run=Alone(), clock=clock)
        links.append(MqttLink(broker_at(broker.url), version, "me", presence, 60.0, clock))
        return links[-1]

    yield make
    for link in links:
        link.close()


def letter(number: int, text: str = "") -> Letter:
    body = as_json(Event(f"e{number}", "mic", "Glass", 0.5, number, number + 1.0, reason=text))
    return Letter(number, f"e{number}", body.encode(), datetime(2026, 1, 1, tzinfo=UTC))


def only_events(answer: Callable[[Packet], bytes | None]) -> Callable[[Packet], bytes | None]:
    """Answer so to events, and to all else as usual."""
    return lambda packet: answer(packet) if packet.topic == EVENT else puback(packet)


@pytest.mark.parametrize("version", [5, "3.1.1"])
def test_events_are_taken_in_order_with_puback(broker: Any, link_to: Any, version: Version) -> None:
    fake = broker(version=4 if version == "3.1.1" else 5)
    link = link_to(fake, version)
    link.open()
    for number in (7, 8, 9):
        link.send(letter(number))
    taken: list[tuple[int, Refused | None]] = []
    while len(taken) < 3:
        taken += link.acknowledged(5.0)
    assert taken == [(7, None), (8, None), (9, None)]
    events = [packet for packet in fake.received if packet.kind == PUBLISH and packet.topic == EVENT]
    assert [packet.flags for packet in events] == [0b0010] * 3  # QoS 1, no repeat, not retained
    assert all(f"e{number}".encode() in packet.body for number, packet in zip((7, 8, 9), events, strict=True))


def test_without_puback_nothing_is_taken(broker: Any, link_to: Any) -> None:
    link = link_to(broker(answer=only_events(lambda _: None)))
    link.open()
    link.send(letter(1))
    assert link.acknowledged(0.0) == []


def test_the_session_is_clean_and_the_will_is_retained(broker: Any, link_to: Any) -> None:
    fake = broker()
    link_to(fake).open()
    body = fake.wait_for(CONNECT).body
    flags = body[7]
    assert flags == 0b0010_1110  # no user or password; will retained, at QoS 1; clean start
    assert body.endswith(b"\x00\x0ef/availability\x00\x07offline")


def test_mqtt_5_says_what_an_event_is(broker: Any, link_to: Any) -> None:
    fake = broker()
    link = link_to(fake)
    link.open()
    link.send(letter(1))
    link.acknowledged(5.0)
    (event,) = [packet for packet in fake.received if packet.kind == PUBLISH and packet.topic == EVENT]
    for told in (
        b"\x01\x01",
        b"\x02" + struct.pack("!I", 60),
        b"\x03\x00\x10application/json",
        b"\x00\x02id\x00\x02e1",
    ):
        assert told in event.body


def test_no_more_is_under_way_than_the_broker_allows(broker: Any, link_to: Any) -> None:
    receive_maximum_3 = bytes([0, 0, 3, 33, 0, 3])
    link = link_to(broker(connack=receive_maximum_3))
    assert link.window == WINDOW
    link.open()
    assert link.window == 3


def test_what_is_larger_than_the_broker_takes_is_refused(broker: Any, link_to: Any) -> None:
    maximum_packet_size_1000 = bytes([0, 0, 5, 39, 0, 0, 3, 232])
    link = link_to(broker(connack=maximum_packet_size_1000))
    link.open()
    with pytest.raises(Refused, match="takes 1000"):
        link.send(letter(1, "x" * 1000))
    link.send(letter(2))
    assert link.acknowledged(5.0) == [(2, None)]


def test_an_invalid_payload_is_refused_alone(broker: Any, link_to: Any) -> None:
    link = link_to(broker(answer=only_events(lambda p: puback(p, 153 if b"poison" in p.body else 0))))
    link.open()
    link.send(letter(1, "poison"))
    link.send(letter(2))
    taken: dict[int, Refused | None] = {}
    while len(taken) < 2:
        taken |= dict(link.acknowledged(5.0))
    assert "payload format invalid" in str(taken[1])
    assert taken[2] is None


def test_what_is_not_allowed_stays(broker: Any, link_to: Any) -> None:
    link = link_to(broker(answer=only_events(lambda p: puback(p, 135 if b'"e2"' in p.body else 0))))
    link.open()
    link.send(letter(1))
    link.send(letter(2))
    assert link.acknowledged(5.0) == [(1, None)]  # which is told before
    with pytest.raises(Unreachable, match="takes nothing at 'f/event'"):
        link.acknowledged(5.0)


@pytest.mark.parametrize(
    ("version", "connack", "text"),
    [
        (5, bytes([0, 134, 0]), "user name or the password"),
        (5, bytes([0, 135, 0]), "does not let us in"),
        (5, bytes([0, 136, 0]), "server unavailable"),
        (5, bytes([0, 1]), "does not speak this version"),
        ("3.1.1", bytes([0, 4]), "user name or the password"),
        ("3.1.1", bytes([0, 5]), "does not let us in"),
        ("3.1.1", bytes([0, 1]), "not MQTT, or not this `version`"),
    ],
)
def test_a_refusal_to_connect_says_why(broker: Any, link_to: Any, version: Version, connack: bytes, text: str) -> None:
    link = link_to(broker(4 if version == "3.1.1" else 5, connack), version)
    with pytest.raises(Unreachable, match=text) as refusal:
        link.open()
    assert not refusal.value.suspect  # no letter has to do with it
    with pytest.raises(Unreachable, match="not connected"):
        link.send(letter(1))


def test_a_broker_that_hangs_up_is_unreachable_and_can_be_had_again(broker: Any, link_to: Any) -> None:
    fake = broker(answer=only_events(lambda _: b""))
    link = link_to(fake)
    link.open()
    link.send(letter(1))
    with pytest.raises(Unreachable):
        link.acknowledged(5.0)
    fake.answer = puback
    link.open()
    assert link.acknowledged(0.0) == []  # what was under way is not sent by anybody but the delivery
    link.send(letter(1))
    assert link.acknowledged(5.0) == [(1, None)]


def test_a_reason_to_hang_up_is_told(broker: Any, link_to: Any) -> None:
    fake = broker()
    link = link_to(fake)
    link.open()
    fake.say(made(DISCONNECT, bytes([142, 0])))
    with pytest.raises(Unreachable, match="another client has connected with the same `client_id`"):
        link.acknowledged(5.0)


def test_a_broker_that_gives_no_answer_has_gone(broker: Any, link_to: Any, clock: Clock) -> None:
    link = link_to(broker(answer=only_events(lambda _: None)))
    link.open()
    link.send(letter(1))
    link.idle()
    clock.now += 20.5
    with pytest.raises(Unreachable, match="no answer for 20 s"):
        link.idle()


@pytest.mark.parametrize(("version", "suback"), [(5, 135), ("3.1.1", 128)])
def test_what_we_may_not_hear_is_told(
    broker: Any, clock: Clock, caplog: pytest.LogCaptureFixture, version: Version, suback: int
) -> None:
    fake = broker(version=4 if version == "3.1.1" else 5)
    fake.suback = suback
    presence = Presence(Topics("f"), announce=True, run=Alone(), clock=clock)
    link = MqttLink(broker_at(fake.url), version, "me", presence, 60.0, clock)
    link.open()
    link.send(letter(1))
    assert link.acknowledged(5.0) == [(1, None)]
    assert "does not let us hear what is written to 'homeassistant/status'" in caplog.text
    link.close()


@pytest.mark.parametrize("garbage", [b"HTTP/1.1 400 Bad Request\r\n\r\n", bytes(64), b"\xff" * 64, b"\x20\x7f\x01"])
def test_garbage_is_unreachable(broker: Any, link_to: Any, garbage: bytes) -> None:
    fake = broker()
    link = link_to(fake)
    link.open()
    fake.say(garbage)
    fake.close()
    with pytest.raises(Unreachable):
        link.acknowledged(5.0)


def test_nobody_there_is_one_line(clock: Clock) -> None:
    fake = FakeBroker()
    fake.close()
    with pytest.raises(Unreachable) as refusal:
        Connection(broker_at(fake.url.replace("//", "//ann:hush@")), 5, "me", "f/availability", clock)
    assert str(refusal.value) == f"{fake.url}: Connection refused"
