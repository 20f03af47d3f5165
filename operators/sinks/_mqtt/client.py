"""A client of paho-mqtt that does nothing by itself."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from paho.mqtt.client import Client

Version = Literal["3.1.1", 5]


def new_client(version: Version, client_id: str, will: str, logger: logging.Logger) -> Client:
    """Return a client for one connection: it keeps no messages and does not connect anew.

    The session is clean: one of the broker's would remember what the outbox does already, and would bring commands that
    were given while we were away.

    Args:
        version: Of MQTT.
        client_id: Who we are.
        will: The topic at which the broker says `offline`, retained, when we are lost.
        logger: Gets what paho has to say.
    """
    from paho.mqtt.client import Client
    from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

    five = version == 5
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id,
        clean_session=None if five else True,  # with MQTT 5 the first connect of a client starts clean
        protocol=MQTTProtocolVersion.MQTTv5 if five else MQTTProtocolVersion.MQTTv311,
        reconnect_on_failure=False,
    )
    client.max_inflight_messages = 0  # no limit: nothing waits inside paho
    client.enable_logger(logger)
    client.will_set(will, b"offline", 1, retain=True)
    return client
