"""What a DeviceHive is told: of an event as every receiver is, of predictions the best twenty."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import blake2s
from typing import Any

from flowrun.models.devicehive.channel import LIMIT_BYTES, Message, encoded
from flowrun.models.devicehive.fitting import fitted
from flowrun.operators._delivery.link import Refused
from flowrun.schemas.event import as_json
from flowrun.schemas.plain import plain
from flowrun.schemas.ports import Event, Predictions

BEST = 20  # of the classes; all 527 of AudioSet would not go into a message
KEPT_WHOLE = frozenset({"id", "heard_at"})
ROOM_BYTES = LIMIT_BYTES - 40  # the number of the request stands in a message too
VERSION = 1


def letters(item: Event | Predictions) -> Iterator[tuple[str, bytes]]:
    """Yield an id and the JSON of an event, or of each window in which there is something."""
    if isinstance(item, Event):
        yield item.id, as_json(item).encode()
        return
    for window in plain(item):
        best = [[found["label"], found["score"]] for found in window.pop("predictions")[:BEST]]
        if best:
            where = encoded([window["stream"], window["start_s"], window.get("heard_at")])
            name = blake2s(where, digest_size=8).hexdigest()
            yield name, encoded({"version": VERSION, "id": name, **window, "predictions": best})


def notification(body: bytes, device_id: str, name: str | None) -> Message:
    """Return the notification of a letter, cut so that it goes into a message; *name* is its name, if not its own.

    Raises:
        Refused: there is no way to make it fit.

    >>> notification(b'{"id":"1","label":"Glass"}', "porch", None)
    {'notification': 'event', 'parameters': {'id': '1', 'label': 'Glass'}}
    """
    fields = json.loads(body)
    called = name or ("predictions" if "predictions" in fields else "event")

    def room(parameters: Any) -> bool:
        told = {"notification": called, "parameters": parameters}
        message = {"action": "notification/insert", "deviceId": device_id, "notification": told}
        return len(encoded(message)) <= ROOM_BYTES

    try:
        return {"notification": called, "parameters": fitted(fields, room, whole=KEPT_WHOLE)}
    except ValueError as error:
        raise Refused(str(error)) from None
