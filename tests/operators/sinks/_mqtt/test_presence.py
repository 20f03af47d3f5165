"""What stands at the broker is the latest of each topic, told anew with each connection; commands are obeyed."""

from __future__ import annotations

import json
from collections import deque
from typing import Any

import pytest

from flowrun.operators._delivery.link import Refused, Unreachable
from flowrun.operators.sinks._mqtt.presence import Presence
from flowrun.operators.sinks._mqtt.topics import Topics
from flowrun.schemas.event import as_json
from flowrun.schemas.health import Health, Stats, StepHealth, StepState
from flowrun.schemas.ports import Event
from flowrun.schemas.run import Alone

CONFIG = "homeassistant/device/f_252f10/config"


class Listening(Alone):
    """A run with a live source."""

    listening = True

    def health(self) -> Health:
        state = StepState("listening" if self.listening else "lost", "hush", self.now())
        return Health("alert", {"mic": StepHealth(Stats(), live=True, state=state), "top": StepHealth(Stats())})


class Reason:
    """A reason code of MQTT 5."""

    def __init__(self, value: int = 0) -> None:
        self.value, self.is_failure = value, value >= 128

    def getName(self) -> str:
        return "Not authorized"


class Remembering:
    """A connection that keeps what is published; `lost` makes it one that is no more."""

    def __init__(self) -> None:
        self.messages: deque[tuple[str, bytes, bool]] = deque()
        self.taken: deque[tuple[int, Any]] = deque()
        self.published: list[tuple[str, Any]] = []
        self.subscribed: list[str] = []
        self.lost = False
        self.too_large = ""

    def publish(self, topic: str, payload: bytes, *, retain: bool) -> int:
        assert retain
        if self.lost:
            raise Unreachable("gone")
        if topic == self.too_large:
            raise Refused("too large")
        self.published.append((topic, json.loads(payload) if payload[:1] == b"{" else payload.decode()))
        return len(self.published)

    def subscribe(self, topic: str) -> None:
        self.subscribed.append(topic)

    def turn(self, timeout_s: float) -> None:
        self.taken += [(number, Reason()) for number in range(1, len(self.published) + 1)]

    def at(self, topic: str) -> list[Any]:
        return [payload for name, payload in self.published if name == topic]


class Clock:
    """Seconds, which pass when the test says so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def run() -> Listening:
    return Listening("broker")


@pytest.fixture
def presence(run: Listening, clock: Clock) -> Presence:
    return Presence(Topics("f"), announce=True, run=run, clock=clock)


def event(label: str, number: int = 1) -> bytes:
    return as_json(Event(f"e{number}", "mic", label, 0.5, 1.0, 2.0)).encode()


def test_a_connection_begins_with_who_and_how_we_are(presence: Presence) -> None:
    connection: Any = Remembering()
    presence.begin(connection)
    assert [topic for topic, _ in connection.published] == ["f/availability", CONFIG, "f/state"]
    assert connection.at("f/availability") == ["online"]
    mic = {"state": "listening", "since": "2026-01-01T00:00:00.000Z"}
    assert connection.at("f/state") == [{"flow": "alert", "ready": True, "paused": False, "steps": {"mic": mic}}]
    assert connection.subscribed == ["f/listening/set", "homeassistant/status"]


def test_a_state_is_told_when_it_changes_at_most_each_second(presence: Presence, run: Listening, clock: Clock) -> None:
    connection: Any = Remembering()
    presence.begin(connection)
    run.listening = False
    presence.attend(connection)
    assert len(connection.at("f/state")) == 1
    clock.now += 1.0
    for _ in range(3):
        presence.attend(connection)
        clock.now += 1.0
    assert [state["ready"] for state in connection.at("f/state")] == [True, False]
    assert "hush" not in json.dumps(connection.published)  # a message may name what is not for everybody


def test_of_each_label_the_latest_stands(presence: Presence) -> None:
    connection: Any = Remembering()
    presence.begin(connection)
    for number, label in enumerate(["Glass", "A/C", "Glass"]):
        presence.heard(event(label, number))
    presence.attend(connection)
    assert [told["id"] for told in connection.at("f/last/Glass")] == ["e2"]
    assert [told["id"] for told in connection.at("f/last/A%2FC")] == ["e1"]
    assert [told["id"] for told in connection.at("f/last")] == ["e2"]


def test_what_was_under_way_is_told_again_unless_there_is_newer(presence: Presence) -> None:
    first: Any = Remembering()
    presence.begin(first)
    presence.heard(event("Glass", 1))
    presence.heard(event("Dog", 1))
    presence.attend(first)
    first.lost = True
    presence.heard(event("Glass", 2))
    with pytest.raises(Unreachable):
        presence.attend(first)
    second: Any = Remembering()
    presence.begin(second)
    assert [told["id"] for told in second.at("f/last/Glass")] == ["e2"]
    assert [told["id"] for told in second.at("f/last/Dog")] == ["e1"]


def test_what_the_broker_does_not_take_is_told_once_and_tried_no_more(presence: Presence, run: Listening) -> None:
    connection: Any = Remembering()
    presence.begin(connection)
    presence.heard(event("Glass"))
    presence.attend(connection)
    for number, (topic, _) in enumerate(connection.published, 1):
        presence.answered(number, Reason(135 if topic == "f/last" else 0))  # type: ignore[arg-type]
    presence.heard(event("Glass"))
    presence.attend(connection)
    assert run.warnings == ["the broker takes nothing at 'f/last': not authorized"]
    assert len(connection.at("f/last")) == 1
    assert len(connection.at("f/last/Glass")) == 2


def test_what_is_too_large_for_the_broker_is_left_out(presence: Presence, run: Listening) -> None:
    connection: Any = Remembering()
    connection.too_large = CONFIG
    presence.begin(connection)
    assert run.warnings == [f"{CONFIG!r} is not told: too large"]
    assert connection.at("f/availability") == ["online"]


def test_a_switch_pauses_and_resumes(presence: Presence, run: Listening) -> None:
    connection: Any = Remembering()
    presence.begin(connection)
    connection.messages.append(("f/listening/set", b"OFF", False))
    presence.attend(connection)
    assert run.control.paused
    assert run.control.paused.by == "broker"
    assert connection.at("f/state")[-1]["paused"]  # at once: somebody waits for it
    connection.messages.append(("f/listening/set", b"ON", False))
    presence.attend(connection)
    assert not connection.at("f/state")[-1]["paused"]


def test_what_is_no_command_and_what_is_old_is_not_obeyed(presence: Presence, run: Listening) -> None:
    connection: Any = Remembering()
    presence.begin(connection)
    connection.messages += [("f/listening/set", b"off\x00", False), ("f/listening/set", b"OFF", True)]
    presence.attend(connection)
    assert run.control.paused is None


def test_home_assistant_is_told_anew_when_it_has_started(presence: Presence) -> None:
    connection: Any = Remembering()
    presence.begin(connection)
    connection.messages += [("homeassistant/status", b"offline", False)]
    presence.attend(connection)
    assert len(connection.at(CONFIG)) == 1
    connection.messages += [("homeassistant/status", b"online", False)]
    presence.attend(connection)
    assert [len(connection.at(topic)) for topic in (CONFIG, "f/availability", "f/state")] == [2, 2, 2]


def test_good_bye_is_waited_for(presence: Presence) -> None:
    connection: Any = Remembering()
    presence.begin(connection)
    presence.leave(connection)
    assert connection.at("f/availability") == ["online", "offline"]


def test_nobody_waits_for_a_broker_that_has_gone(presence: Presence) -> None:
    connection: Any = Remembering()
    presence.begin(connection)
    connection.lost = True
    presence.leave(connection)
    connection.lost = False
    presence.begin(connection)
    assert connection.at("f/availability") == ["online", "online"]
