"""An address is a broker or one clear line, which does not show it."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowrun.operators.sinks._mqtt.broker import broker_at
from flowrun.operators.sinks._mqtt.topics import Topics, check_topic, filled
from flowrun.schemas.stream_info import Mismatch


@pytest.mark.parametrize(
    ("url", "host", "port", "tls"),
    [
        ("mqtt://broker.lan", "broker.lan", 1883, False),
        ("mqtts://broker.lan/", "broker.lan", 8883, True),
        ("MQTT://[::1]:1884", "::1", 1884, False),
    ],
)
def test_ports_have_defaults(url: str, host: str, port: int, tls: bool) -> None:
    broker = broker_at(url)
    assert (broker.host, broker.port, broker.tls) == (host, port, tls)


def test_a_password_may_stand_in_the_address_and_is_never_shown() -> None:
    broker = broker_at("mqtts://ann:p%40ss@broker.lan")
    assert (broker.username, broker.password) == ("ann", "p@ss")
    assert "p@ss" not in repr(broker) + broker.shown
    assert broker_at("mqtt://ann:old@broker.lan", "bob", "new").password == "new"


@pytest.mark.parametrize(
    "url",
    [
        "broker.lan",
        "http://ann:hush@broker.lan",
        "mqtt://",
        "mqtt://:1883",
        "mqtt://ann:hush@broker.lan:port",
        "mqtt://ann:hush@broker.lan:0",
        "mqtt://ann:hush@broker.lan:99999",
        "mqtt://ann:hu/sh@broker.lan",
        "mqtt://ann:12/hush@broker.lan",
        "mqtt://ann:hush@broker.lan/topic",
        "mqtt://ann:hush@broker.lan?topic=a",
        "mqtt://ann:hush@broker.lan\n",
        "mqtt://[::1",
    ],
)
def test_what_is_no_address_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(Mismatch) as refusal:
        broker_at(url)
    assert refusal.value.path == ("url",)
    assert not {"hush", "ann", "hu"} & set(str(refusal.value).replace("/", " ").split())


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"ca": Path("ca.pem")}, "ca is for TLS"),
        ({"cert": Path("me.pem")}, "cert is for TLS"),
        ({"password": "hush"}, "a password needs a user name"),
    ],
)
def test_options_that_do_not_fit_together_are_refused(options: dict[str, object], text: str) -> None:
    with pytest.raises(Mismatch, match=text):
        broker_at("mqtt://broker.lan", **options)  # type: ignore[arg-type]
    with pytest.raises(Mismatch, match="without its certificate"):
        broker_at("mqtts://broker.lan", key=Path("me.key"))


def test_names_in_a_topic_are_one_level_each() -> None:
    assert filled("{host}/{flow}", "a/b #1", "pi+") == "pi%2B/a%2Fb %231"
    assert Topics("f").latest_of("Rain/\n\udcff") == "f/last/Rain%2F%0A%3F"


@pytest.mark.parametrize("topic", ["", "/a", "a/", "a//b", "$SYS/a", "a/#", "+/a", "{step}", "a\0b", "a" * 2000])
def test_what_is_no_topic_to_publish_to_is_refused(topic: str) -> None:
    with pytest.raises(Mismatch, match="topic"):
        check_topic(topic)


def test_topics_are_taken() -> None:
    for topic in ("flowrun/{flow}", "site/{host}", "a"):
        check_topic(topic)
