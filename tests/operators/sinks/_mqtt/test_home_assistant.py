"""What Home Assistant is told is what its documentation asks for, and its templates give what it needs."""

from __future__ import annotations

import json
import re
from typing import Any

import jinja2
import pytest

from flowrun.operators.sinks._mqtt.home_assistant import device_id, discovery, discovery_topic
from flowrun.operators.sinks._mqtt.topics import Topics
from flowrun.schemas.event import as_data
from flowrun.schemas.ports import Event


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Of https://www.home-assistant.io/integrations/mqtt/, and of the pages event.mqtt, sensor.mqtt, binary_sensor.mqtt and
# switch.mqtt below it: what may stand where, and what must.
AVAILABILITY = words(
    "availability availability_mode availability_template availability_topic payload_available payload_not_available"
)
SHARED = AVAILABILITY | {"device", "origin", "components", "state_topic", "command_topic", "qos", "encoding"}
DEVICE = words(
    """configuration_url connections hw_version identifiers manufacturer model model_id name serial_number
    suggested_area sw_version via_device"""
)
ORIGIN = words("name sw_version support_url")
ENTITY = AVAILABILITY | words(
    """platform name unique_id default_entity_id device_class enabled_by_default encoding entity_category
    entity_picture icon json_attributes_template json_attributes_topic qos state_topic value_template"""
)
OF_PLATFORM = {
    "event": (ENTITY | {"event_types"}, {"state_topic", "event_types"}),
    "sensor": (ENTITY | {"expire_after", "force_update", "options", "state_class"}, {"state_topic"}),
    "binary_sensor": (ENTITY | {"expire_after", "off_delay", "payload_on", "payload_off"}, {"state_topic"}),
    "switch": (
        ENTITY | {"command_topic", "command_template", "optimistic", "payload_on", "payload_off", "retain"},
        {"command_topic"},
    ),
}
CATEGORIES, CLASSES = {None, "config", "diagnostic"}, {None, "problem"}


@pytest.fixture
def told() -> dict[str, Any]:
    """The description, as it arrives."""
    data: dict[str, Any] = json.loads(json.dumps(discovery("glass alert", Topics("flowrun/glass"), can_pause=True)))
    return data


def rendered(template: str, payload: dict[str, Any]) -> str:
    """Return what Home Assistant makes of a message."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)
    environment.filters["to_json"] = json.dumps  # of its own, not of Jinja
    return environment.from_string(template).render(value_json=payload, value=json.dumps(payload))


def test_there_are_only_keys_that_are_known(told: dict[str, Any]) -> None:
    assert set(told) <= SHARED
    assert set(told["device"]) <= DEVICE
    assert set(told["origin"]) <= ORIGIN
    for name, component in told["components"].items():
        known, needed = OF_PLATFORM[component["platform"]]
        assert set(component) <= known, name
        assert needed | {"unique_id"} <= set(component), name
        assert component.get("entity_category") in CATEGORIES
        assert component.get("device_class") in CLASSES


def test_what_must_be_there_is(told: dict[str, Any]) -> None:
    assert told["device"]["identifiers"]
    assert told["device"]["name"] == "glass alert"
    assert told["origin"]["name"] == "flowrun"
    assert told["availability_topic"] == "flowrun/glass/availability"
    assert sorted(told["components"]) == ["last", "listening", "problem", "sound"]
    names = [component["unique_id"] for component in told["components"].values()]
    assert len(set(names)) == 4


def test_a_flow_that_cannot_pause_has_no_switch() -> None:
    assert "listening" not in discovery("f", Topics("f"), can_pause=False)["components"]


@pytest.mark.parametrize("root", ["flowrun/glass alert", "дом/1", "a" * 50])
def test_topics_hold_only_what_home_assistant_reads(root: str) -> None:
    """Source: TOPIC_MATCHER of its integration."""
    assert re.fullmatch(r"homeassistant/device/[a-zA-Z0-9_-]+/config", discovery_topic(root))


def test_no_two_flows_are_one_device() -> None:
    assert len({device_id(root) for root in ("a/b", "a_b", "дом", "сад")}) == 4


def test_an_event_is_heard_with_all_that_is_known_of_it(told: dict[str, Any]) -> None:
    event = as_data(Event("e1", "mic", 'Glass, "broken"', 0.5, 1.0, 2.0))
    sound = told["components"]["sound"]
    made = json.loads(rendered(sound["value_template"], event))
    assert made == {**event, "event_type": "heard"}
    assert made["event_type"] in sound["event_types"]
    assert rendered(told["components"]["last"]["value_template"], event) == 'Glass, "broken"'


@pytest.mark.parametrize(
    ("state", "problem", "listening"),
    [
        ({"ready": True, "paused": False}, "OFF", "ON"),
        ({"ready": False, "paused": False}, "ON", "ON"),
        ({"ready": False, "paused": True}, "OFF", "OFF"),  # nothing is wrong with what somebody wants
    ],
)
def test_the_state_is_a_problem_or_none_and_a_switch(
    told: dict[str, Any], state: dict[str, Any], problem: str, listening: str
) -> None:
    assert rendered(told["components"]["problem"]["value_template"], state) == problem
    assert rendered(told["components"]["listening"]["value_template"], state) == listening
