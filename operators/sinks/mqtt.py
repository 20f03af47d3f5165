"""Events to an MQTT broker."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Annotated, Any, Literal

from reactivex import Observable

from flowrun.operators._delivery.delivery import MEGABYTES_100, WEEK_S, KeepBytes, KeepS, Limits, deliver
from flowrun.operators._delivery.switched import Switched, Target
from flowrun.operators.sinks._mqtt.broker import Broker, broker_at
from flowrun.operators.sinks._mqtt.client import Version
from flowrun.operators.sinks._mqtt.link import MqttLink
from flowrun.operators.sinks._mqtt.presence import Presence
from flowrun.operators.sinks._mqtt.topics import Topics, check_topic, filled
from flowrun.schemas.errors import DeliveryError, explain
from flowrun.schemas.kernel import Sink
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Event
from flowrun.schemas.run import Run
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import Mismatch, StreamInfo


def _info(
    *,
    url: str,
    topic: str,
    username: str | None,
    password: str | None,
    ca: Path | None,
    cert: Path | None,
    key: Path | None,
    **_: Any,
) -> StreamInfo:
    broker_at(url, username, password, ca, cert, key)
    check_topic(topic)
    return StreamInfo()


@operator(info=_info)
def mqtt(
    events: Observable[Event],
    *,
    url: Annotated[str, Field(example='"mqtt://localhost:1883"')],
    topic: str = "flowrun/{flow}",
    username: str | None = None,
    password: Annotated[str | None, Field(secret=True)] = None,
    client_id: str | None = None,
    version: Version = 5,
    ca: Annotated[Path | None, Field(exists="file")] = None,
    cert: Annotated[Path | None, Field(exists="file")] = None,
    key: Annotated[Path | None, Field(exists="file")] = None,
    discovery: Literal["none", "homeassistant"] = "none",
    keep_s: KeepS = WEEK_S,
    keep_bytes: KeepBytes = MEGABYTES_100,
    run: Run,
) -> Sink:
    """Publish each event to an MQTT broker, and nothing is lost on the way.

    An event lies in the outbox until the broker has acknowledged it (QoS 1); see docs/delivery.md. Below the topic are
    `event`, each event as JSON, not retained; and, retained, `last` and `last/LABEL`, the latest event of all and of
    each label; `availability`, which is `online` or `offline`, the latter also when the flow is cut off; and `state`,
    how it goes with the steps, as JSON.

    Args:
        url: The broker, as mqtt://HOST:PORT, or mqtts:// for TLS; the ports are 1883 and 8883 if none is given.
        topic: What all topics begin with; {flow} is the name of the flow, {host} that of this machine.
        username: For the broker, if it wants one.
        password: For the broker.
        client_id: Our name at the broker, which no other client may have; made of those of the flow, the step and this
            machine if none is given.
        version: Of MQTT; 5 tells why something is refused.
        ca: File of the certificates to trust, instead of the system's.
        cert: File of our own certificate, if the broker wants one.
        key: File of its key, if that is not in the same file.
        discovery: Whether Home Assistant finds the flow by itself: as a device with its events, the last sound, and
            whether there is a problem.
        keep_s: How long an event waits for the broker.
        keep_bytes: How much of the disk those that wait may take.
    """
    first = broker_at(url, username, password, ca, cert, key)
    _check_certificates(first)

    def link(target: Target) -> MqttLink:
        try:
            broker = first
            if target != Target(first.shown):
                broker = broker_at(target.url, first.username, target.token or first.password, ca, cert, key)
        except Mismatch as error:
            raise ValueError(str(error)) from None
        flow = run.health().flow
        name = client_id or f"flowrun-{flow}-{run.step}-{socket.gethostname()}"
        presence = Presence(Topics(filled(topic, flow)), announce=discovery == "homeassistant", run=run)
        return MqttLink(broker, version, name, presence, keep_s)

    def switched() -> Switched:
        return Switched("mqtt", Target(first.shown), link, run, open_to_all=first.password is None)

    return deliver(events, switched, run, limits=Limits(keep_s, keep_bytes))


def _check_certificates(broker: Broker) -> None:
    """Refuse files that TLS cannot use: now, not when the first event is to be sent."""
    try:
        broker.context()
    except OSError as error:
        import ssl

        files = " and ".join(str(path) for path in (broker.ca, broker.cert, broker.key) if path)
        unusable = "it holds no certificate, or a key that does not fit or has a password"
        raise DeliveryError(f"{files}: {unusable if isinstance(error, ssl.SSLError) else explain(error)}") from error
