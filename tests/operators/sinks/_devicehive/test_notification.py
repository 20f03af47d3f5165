"""What is told of an event is what every sink tells; of predictions the best; all of it as long as a message may be."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest

from flowrun.models.devicehive.channel import LIMIT_BYTES, encoded
from flowrun.operators._delivery.link import Refused
from flowrun.operators.sinks._devicehive.notification import letters, notification
from flowrun.schemas.event import as_data, event_schema
from flowrun.schemas.ports import Event, Predictions

EVENT = Event("1", "mic", "Glass", 0.5, 1.0, 2.0)


def frame(told: dict[str, Any]) -> bytes:
    request = {"action": "notification/insert", "requestId": "123456789", "deviceId": "porch", "notification": told}
    return encoded(request)


def test_an_event_is_told_as_everywhere() -> None:
    ((name, body),) = letters(EVENT)
    assert name == "1"
    assert notification(body, "porch", None) == {"notification": "event", "parameters": as_data(EVENT)}
    assert notification(body, "porch", "noise")["notification"] == "noise"


def test_each_window_in_which_there_is_something_is_told_with_its_best(
    predictions: Callable[..., Predictions],
) -> None:
    many = [(f"Class {i}", round(1 - i / 100, 2)) for i in range(30)]
    rows = list(letters(predictions("mic", many, [], [("Dog", 0.25)], dated=True)))
    assert len({name for name, _ in rows}) == 2
    first, last = (notification(body, "porch", None) for _, body in rows)
    assert first["notification"] == "predictions"
    assert first["parameters"]["predictions"] == [[label, score] for label, score in many[:20]]
    name, last = rows[1][0], last["parameters"]
    assert last == {
        "version": 1,
        "id": name,
        "stream": "mic",
        "start_s": 1.0,
        "end_s": 2.0,
        "heard_at": "2026-01-01T00:00:01.000Z",
        "predictions": [["Dog", 0.25]],
    }
    assert rows == list(letters(predictions("mic", many, [], [("Dog", 0.25)], dated=True)))


@pytest.mark.parametrize("text", ["x", "Glas\u00adsplitter é", "犬", '"\\\n'])
def test_what_is_too_long_is_cut_to_what_a_message_holds(text: str) -> None:
    ((_, body),) = letters(Event("1", "mic", "Glass", 0.5, 1.0, 2.0, reason=text * 20_000))
    told = notification(body, "porch", None)
    assert LIMIT_BYTES - 40 <= len(frame(told)) <= LIMIT_BYTES
    assert told["parameters"]["cut"] == ["reason"]
    jsonschema.validate(told["parameters"], event_schema())


def test_twenty_long_names_of_classes_are_fewer(predictions: Callable[..., Predictions]) -> None:
    ((_, body),) = letters(predictions("mic", [("é" * 400 + str(i), 0.5) for i in range(20)]))
    told = notification(body, "porch", None)
    assert len(frame(told)) <= LIMIT_BYTES
    assert 10 < len(told["parameters"]["predictions"]) < 20
    assert told["parameters"]["cut"] == ["predictions"]


def test_what_cannot_be_made_to_fit_is_refused() -> None:
    with pytest.raises(Refused, match="longer than the server takes"):
        notification(json.dumps({"id": "x" * 11_000}).encode(), "porch", None)
