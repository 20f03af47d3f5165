"""What Home Assistant is told of a flow, so that it makes a device of it by itself.

Source: https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload (2024.11 and later) and the pages of
the platforms event, sensor, binary_sensor and switch.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any

from flowrun.operators.sinks._mqtt.topics import Topics

PREFIX = "homeassistant"  # its default
BIRTH = f"{PREFIX}/status"  # it says `online` there when it has started
# An event entity knows its kinds beforehand, and labels are not: the label is an attribute, as all of the event is.
KIND = "heard"
AS_EVENT = "{{ dict(value_json, event_type='" + KIND + "') | to_json }}"


def device_id(root: str) -> str:
    """Return an identifier of what publishes below *root*: of letters, digits, `_` and `-`, and no other's.

    >>> device_id("flowrun/glass-alert")
    'flowrun_glass-alert_f2670b'
    """
    words = re.sub(r"[^A-Za-z0-9_-]+", "_", root)
    return f"{words}_{sha256(root.encode('utf-8', 'replace')).hexdigest()[:6]}"


def discovery_topic(root: str) -> str:
    """Return where the description goes, retained."""
    return f"{PREFIX}/device/{device_id(root)}/config"


def discovery(flow: str, topics: Topics, *, can_pause: bool) -> dict[str, Any]:
    """Return the description of a device that is the flow.

    Args:
        flow: Its name.
        topics: Where things are published.
        can_pause: Whether there is a switch that pauses listening.
    """
    from importlib.metadata import version

    device, flowrun = device_id(topics.root), version("flowrun")
    components: dict[str, dict[str, Any]] = {
        "sound": {
            "platform": "event",
            "name": "Sound",
            "icon": "mdi:ear-hearing",
            "state_topic": topics.event,
            "event_types": [KIND],
            "value_template": AS_EVENT,
        },
        "last": {
            "platform": "sensor",
            "name": "Last sound",
            "icon": "mdi:waveform",
            "state_topic": topics.latest,
            "value_template": "{{ value_json.label }}",
            "json_attributes_topic": topics.latest,
        },
        "problem": {
            "platform": "binary_sensor",
            "name": "Problem",
            "device_class": "problem",
            "entity_category": "diagnostic",
            "state_topic": topics.state,
            "value_template": "{{ 'OFF' if value_json.ready or value_json.paused else 'ON' }}",
        },
    }
    if can_pause:
        components["listening"] = {
            "platform": "switch",
            "name": "Listening",
            "icon": "mdi:microphone",
            "state_topic": topics.state,
            "value_template": "{{ 'OFF' if value_json.paused else 'ON' }}",
            "command_topic": topics.listening,
        }
    return {
        "device": {"identifiers": [device], "name": flow, "manufacturer": "flowrun", "sw_version": flowrun},
        "origin": {"name": "flowrun", "sw_version": flowrun},
        "availability_topic": topics.availability,
        "qos": 1,
        "components": {name: {"unique_id": f"{device}_{name}", **rest} for name, rest in components.items()},
    }
