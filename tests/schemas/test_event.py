"""An event has one form in JSON, and its schema says which."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, datetime

import jsonschema
import pytest

from flowrun.schemas.event import FIELDS, as_data, as_json, event_schema
from flowrun.schemas.plain import plain
from flowrun.schemas.ports import Event

WHOLE = Event(
    "e1", "mic", "Glass", 0.123456789, 1.0, 2.5, datetime(2026, 1, 1, 12, tzinfo=UTC), "clips/a.wav", "two windows"
)
VALIDATOR = jsonschema.Draft202012Validator(event_schema(), format_checker=jsonschema.FormatChecker())


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(event_schema())


@pytest.mark.parametrize("event", [WHOLE, Event("1", "a\udcff.wav", "犬", 1, 0, 0)])
def test_an_event_is_as_its_schema_says(event: Event) -> None:
    data = json.loads(as_json(event).encode("utf-8"))
    VALIDATOR.validate(data)
    assert data == as_data(event) == next(plain(event))
    assert list(data) == list(FIELDS)


def test_every_field_of_an_event_is_in_it() -> None:
    assert {"version", *(field.name for field in fields(Event))} == set(FIELDS)
    assert as_data(WHOLE)["score"] == 0.123457
    assert as_data(WHOLE)["heard_at"] == "2026-01-01T12:00:00.000Z"


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": 2},
        {"id": ""},
        {"score": "0.5"},
        {"heard_at": "2026-01-01 12:00"},
        {"heard_at": "2026-01-01T12:00:00.000+01:00"},
        {"stream": None},
    ],
)
def test_what_is_no_event_is_refused(wrong: dict[str, object]) -> None:
    assert not VALIDATOR.is_valid(as_data(WHOLE) | wrong)


@pytest.mark.parametrize("field", FIELDS)
def test_no_field_may_be_missing(field: str) -> None:
    data = as_data(WHOLE)
    del data[field]
    assert not VALIDATOR.is_valid(data)


def test_a_receiver_of_today_takes_what_a_later_flowrun_adds() -> None:
    VALIDATOR.validate(as_data(WHOLE) | {"added_later": 1})
