"""`mqtt` loses nothing on the way to a real broker, whatever happens to either."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from reactivex.subject import Subject

from flowrun.operators.sinks._mqtt import connection
from flowrun.operators.sinks.mqtt import mqtt
from flowrun.schemas.errors import DeliveryError
from flowrun.schemas.event import event_schema
from flowrun.schemas.health import Health, State, Stats, StepHealth
from flowrun.schemas.ports import Event
from flowrun.schemas.run import Alone
from flowrun.schemas.spec import spec_of
from flowrun.schemas.stream_info import Mismatch
from tests.fault_proxy import FaultProxy
from tests.mosquitto import INSTALLED, Mosquitto, Subscriber, make_certificates, until

real = [
    pytest.mark.integration,
    pytest.mark.skipif(not INSTALLED, reason="mosquitto, mosquitto-clients or openssl is not installed"),
]


def real_broker(test: Callable[..., None]) -> Callable[..., None]:
    """Mark a test that needs Mosquitto."""
    for mark in real:
        test = mark(test)
    return test


class Live(Alone):
    """A run of a flow with a live source, and time to finish."""

    grace_s = 60.0

    def left_s(self) -> float:
        return self.grace_s

    def health(self) -> Health:
        return Health("my/flow", {"mic": StepHealth(Stats(), live=True)})

    def wait_for(self, state: State, text: str) -> None:
        """Wait until a state is told."""
        until(lambda: any(name == state and text in told for name, told in self.states), f"{text}: {self.states}")


class Sending:
    """The operator under way; `end` returns when all is delivered."""

    def __init__(self, url: str, **options: Any) -> None:
        self.run = Live("broker")
        self.events: Subject[Event] = Subject()
        self.written = 0
        self.error: Exception | None = None
        self._ended = threading.Event()
        options = {"topic": "f", **options}
        mqtt(self.events, url=url, run=self.run, **options).subscribe(
            on_error=self._failed, on_completed=self._ended.set
        )

    def _failed(self, error: Exception) -> None:
        self.error = error
        self._ended.set()

    def write(self, count: int = 1, reason: str = "") -> Sending:
        for number in range(self.written, self.written + count):
            self.events.on_next(Event(f"e{number}", "mic", "Glass", 0.5, number, number + 1.0, reason=reason))
        self.written += count
        return self

    def give_up(self) -> None:
        """End without waiting for the broker."""
        self.run.grace_s = 0.0
        self.run.stopping.set()
        self.events.on_completed()

    def end(self) -> None:
        self.events.on_completed()
        assert self._ended.is_set()
        assert self.error is None


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Callable[..., Mosquitto]]:
    """A function that makes a broker, which runs."""
    made: list[Mosquitto] = []

    def make(**options: Any) -> Mosquitto:
        made.append(Mosquitto(tmp_path / f"mosquitto{len(made)}", **options))
        return made[-1].start()

    yield make
    for one in made:
        one.stop(signal=9)


@pytest.fixture
def listener() -> Iterator[Callable[..., Subscriber]]:
    """A function that makes a subscriber of a broker."""
    made: list[Subscriber] = []

    def make(mosquitto: Mosquitto, topic: str = "#", **options: str) -> Subscriber:
        made.append(mosquitto.subscriber(topic, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


def url_of(mosquitto: Mosquitto) -> str:
    return f"mqtt://127.0.0.1:{mosquitto.port}"


def ids(subscriber: Subscriber) -> list[str]:
    return [json.loads(payload)["id"] for payload in subscriber.at("f/event")]


def all_in_order(subscriber: Subscriber, count: int) -> bool:
    """Whether each event came, its first time after the first time of the one before it."""
    return list(dict.fromkeys(ids(subscriber))) == [f"e{number}" for number in range(count)]


# What is known before anything runs


def test_a_flow_that_cannot_work_is_refused_before_it_runs() -> None:
    rest = dict.fromkeys(("username", "password", "ca", "cert", "key"))
    info = spec_of(mqtt).info
    info(url="mqtt://broker.lan", topic="flowrun/{flow}", **rest)
    with pytest.raises(Mismatch, match="address of a broker"):
        info(url="broker.lan", topic="a", **rest)
    with pytest.raises(Mismatch, match="wildcard"):
        info(url="mqtt://broker.lan", topic="a/#", **rest)


def test_a_certificate_that_is_none_is_one_line(tmp_path: Path) -> None:
    broken = tmp_path / "ca.pem"
    broken.write_text("no certificate")
    with pytest.raises(DeliveryError, match=r"ca\.pem: it holds no certificate"):
        mqtt(Subject(), url="mqtts://broker.lan", ca=broken, run=Alone())
    with pytest.raises(DeliveryError, match=r"me\.pem: No such file or directory"):
        mqtt(Subject(), url="mqtts://broker.lan", cert=tmp_path / "me.pem", run=Alone())


# A real Mosquitto


@real_broker
@pytest.mark.parametrize("version", [5, "3.1.1"])
def test_events_arrive_and_what_is_retained_stays(broker: Any, listener: Any, version: Any) -> None:
    mosquitto = broker()
    live = listener(mosquitto)
    sending = Sending(url_of(mosquitto), version=version, topic="home/{flow}", discovery="homeassistant").write(50)
    sending.end()
    live.wait_for(lambda s: s.at("home/my%2Fflow/availability")[-1:] == ["offline"])
    events = [message for message in live.messages if message.topic == "home/my%2Fflow/event"]
    assert [json.loads(message.payload)["id"] for message in events] == [f"e{n}" for n in range(50)]
    assert {message.qos for message in events} == {1}
    jsonschema.validate(json.loads(events[0].payload), event_schema())
    if version == 5:
        told = events[0].properties
        assert (told["content-type"], told["payload-format-indicator"]) == ("application/json", 1)
        assert told["user-properties"] == {"id": "e0"}
        assert 604000 < told["message-expiry-interval"] <= 604800
    late = listener(mosquitto, "home/#")
    late.wait_for(lambda s: len(s.messages) == 4)
    assert all(message.retained for message in late.messages)
    stays = {message.topic.removeprefix("home/my%2Fflow/"): message.payload for message in late.messages}
    assert set(stays) == {"availability", "state", "last", "last/Glass"}
    assert json.loads(stays["last/Glass"])["id"] == "e49"
    assert json.loads(stays["state"])["ready"] is False  # its live source has not said that it listens


@real_broker
@pytest.mark.parametrize("version", [5, "3.1.1"])
def test_a_broker_that_is_killed_amid_a_run_misses_nothing(broker: Any, listener: Any, version: Any) -> None:
    mosquitto = broker()
    subscriber = listener(mosquitto)
    sending = Sending(url_of(mosquitto), version=version).write(50)
    subscriber.wait_for(lambda s: len(ids(s)) == 50)
    for _ in range(2):
        assert mosquitto.process is not None
        mosquitto.process.send_signal(19)  # it stops: what comes now is under way when it dies
        before = sending.write(30).written
        mosquitto.stop(signal=9)
        sending.run.wait_for("failing", "wait")
        sending.write(20)
        mosquitto.start()
        subscriber.wait_for(lambda s, count=before + 20: len(set(ids(s))) == count)
    sending.end()
    assert all_in_order(subscriber, 150)


@real_broker
def test_a_broker_that_is_not_there_at_first_gets_all(broker: Any, listener: Any) -> None:
    mosquitto = broker()
    mosquitto.stop()
    sending = Sending(url_of(mosquitto)).write(20)
    sending.run.wait_for("failing", "Connection refused")
    mosquitto.start()
    subscriber = listener(mosquitto)
    sending.end()
    subscriber.wait_for(lambda s: len(ids(s)) == 20)
    assert all_in_order(subscriber, 20)


@real_broker
@pytest.mark.parametrize("version", [5, "3.1.1"])
def test_a_wrong_password_is_told_and_can_be_mended(broker: Any, listener: Any, version: Any) -> None:
    mosquitto = broker(users={"reader": "r", "ann": "old"})
    sending = Sending(url_of(mosquitto), version=version, username="ann", password="secret-1").write(3)
    sending.run.wait_for("failing", "the password")
    assert "secret-1" not in repr(sending.run.states) + repr(sending.run.warnings)
    subprocess.run(["mosquitto_passwd", "-b", str(mosquitto.folder / "passwords"), "ann", "secret-1"], check=True)
    subscriber = listener(mosquitto)
    os.kill(mosquitto.process.pid, 1)  # SIGHUP: it reads the passwords again
    sending.end()
    subscriber.wait_for(lambda s: len(ids(s)) == 3)


@real_broker
def test_tls_with_certificates_of_both(broker: Any, listener: Any, tmp_path: Path) -> None:
    own = make_certificates(tmp_path / "certificates")
    mosquitto = broker(certificates=own, ask_for_certificate=True)
    subscriber = listener(mosquitto)
    url = f"mqtts://localhost:{mosquitto.port}"
    for bad, text in (
        ({"ca": own / "stranger.pem", "cert": own / "client.pem", "key": own / "client.key"}, "is not trusted"),
        ({"ca": own / "ca.pem"}, "certificate of ours, `cert`"),
    ):
        lost = Sending(url, **bad).write()
        lost.run.wait_for("failing", text)
        lost.give_up()
    elsewhere = Sending(url.replace("localhost", "127.0.0.1"), ca=own / "ca.pem").write()
    elsewhere.run.wait_for("failing", "IP address mismatch")
    elsewhere.give_up()
    Sending(url, ca=own / "ca.pem", cert=own / "client.pem", key=own / "client.key").write(20).end()
    subscriber.wait_for(lambda s: len(ids(s)) == 20)
    assert all_in_order(subscriber, 20)


@real_broker
def test_what_the_broker_finds_too_large_holds_nothing_up(broker: Any, listener: Any) -> None:
    mosquitto = broker(options=("max_packet_size 1000",))
    subscriber = listener(mosquitto)
    sending = Sending(url_of(mosquitto)).write(2).write(1, "x" * 1000).write(2)
    sending.end()
    subscriber.wait_for(lambda s: len(ids(s)) == 4)
    assert ids(subscriber) == ["e0", "e1", "e3", "e4"]
    assert sending.run.delivery().dead == 1


@real_broker
@pytest.mark.parametrize("version", [5, "3.1.1"])
@pytest.mark.parametrize("fault", ["cut", "refuse", "half_open", "garbage", "slow", "delay"])
def test_faults_of_the_network_lose_nothing(
    broker: Any, listener: Any, monkeypatch: pytest.MonkeyPatch, fault: str, version: Any
) -> None:
    monkeypatch.setattr(connection, "ANSWER_S", 1.0)
    monkeypatch.setattr(connection, "CONNECT_S", 1.0)
    mosquitto = broker()
    subscriber = listener(mosquitto)
    with FaultProxy(("127.0.0.1", mosquitto.port)) as proxy:
        sending = Sending(f"mqtt://127.0.0.1:{proxy.port}", version=version).write(20)
        subscriber.wait_for(lambda s: len(ids(s)) == 20)
        if fault == "slow":
            proxy.slow(20_000)
        elif fault == "delay":
            proxy.delay_s = 0.2
        else:
            getattr(proxy, fault)()
        sending.write(20)
        if fault in ("half_open", "garbage", "refuse"):
            sending.run.wait_for("failing", "wait")
            proxy.heal()
        sending.end()
        subscriber.wait_for(lambda s: len(set(ids(s))) == 40)
    assert all_in_order(subscriber, 40)


@real_broker
def test_the_broker_says_that_we_are_gone_when_we_are_cut_off(broker: Any, listener: Any) -> None:
    mosquitto = broker()
    subscriber = listener(mosquitto)
    with FaultProxy(("127.0.0.1", mosquitto.port)) as proxy:
        sending = Sending(f"mqtt://127.0.0.1:{proxy.port}").write()
        subscriber.wait_for(lambda s: s.at("f/availability") == ["online"])
        proxy.cut()
        subscriber.wait_for(lambda s: s.at("f/availability") == ["online", "offline", "online"])
        sending.end()


@real_broker
def test_home_assistant_finds_pauses_and_loses_nothing(broker: Any, listener: Any) -> None:
    mosquitto = broker()
    subscriber = listener(mosquitto)
    sending = Sending(url_of(mosquitto), discovery="homeassistant")
    (config,) = {m.topic for m in wait_for_config(subscriber, 1)}
    mosquitto.publish("f/listening/set", "OFF")
    subscriber.wait_for(lambda s: json.loads(s.at("f/state")[-1])["paused"])
    assert sending.run.control.paused
    mosquitto.publish("f/listening/set", "ON")
    subscriber.wait_for(lambda s: not json.loads(s.at("f/state")[-1])["paused"])
    mosquitto.publish("homeassistant/status", "online")
    assert [message.topic for message in wait_for_config(subscriber, 2)] == [config, config]
    sending.end()


def wait_for_config(subscriber: Subscriber, count: int) -> list[Any]:
    def configs() -> list[Any]:
        return [message for message in subscriber.messages if message.topic.endswith("/config")]

    subscriber.wait_for(lambda _: len(configs()) == count)
    return configs()
