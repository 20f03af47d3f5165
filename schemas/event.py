"""An event as JSON: the one form that every file, message and table of flowrun has of it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from flowrun.schemas.parameters import Schema
from flowrun.schemas.ports import Event

VERSION = 1
TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"
FIELDS: dict[str, Schema] = {
    "version": {"const": VERSION, "description": "Of this format."},
    "id": {
        **TEXT,
        "minLength": 1,
        "description": "Names the event: what comes with a known id is the same event, told again or told more of.",
    },
    "stream": {**TEXT, "description": "What it was heard in: the path of a file, the name of a device or address."},
    "label": {**TEXT, "description": "What was heard."},
    "score": {**NUMBER, "description": "Its peak; of a recogniser's scores from 0 to 1."},
    "start_s": {**NUMBER, "description": "When it began, from the start of the stream, s."},
    "end_s": {**NUMBER, "description": "When it ended or, told while it goes on, as far as is known, s."},
    "heard_at": {
        "type": ["string", "null"],
        "format": "date-time",
        "pattern": TIME,
        "description": "When it began, UTC with milliseconds; null where that is not known, as of most files.",
    },
    "clip": {"type": ["string", "null"], "description": "Path of the recording kept of it; null where none was kept."},
    "reason": {**TEXT, "description": "The rule that raised it, in words."},
}


def as_data(event: Event) -> dict[str, Any]:
    """Return *event* as plain data, with all of `FIELDS` in their order.

    >>> as_data(Event("1", "mic", "Glass", 0.9, 1.0, 2.5))["start_s"]
    1.0
    """
    return {
        "version": VERSION,
        "id": event.id,
        "stream": _encodable(event.stream),
        "label": event.label,
        "score": round(float(event.score), 6),
        "start_s": round(float(event.start_s), 6),
        "end_s": round(float(event.end_s), 6),
        "heard_at": event.heard_at and utc(event.heard_at),
        "clip": event.clip and _encodable(event.clip),
        "reason": event.reason,
    }


def as_json(event: Event) -> str:
    """Return *event* in a line of JSON.

    >>> as_json(Event("1", "mic", "Glass", 0.9, 1.0, 2.5))[:40]
    '{"version":1,"id":"1","stream":"mic","la'
    """
    return json.dumps(as_data(event), ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def event_schema() -> Schema:
    """Return the JSON Schema of an event.

    A later flowrun may add keys, which a receiver leaves alone; `version` rises when one goes or means something else.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:flowrun:event:{VERSION}",
        "title": "flowrun event",
        "description": "Something heard. Keys may be added; `version` rises when one goes or changes its meaning.",
        "type": "object",
        "properties": FIELDS,
        "required": list(FIELDS),
    }


def utc(time: datetime) -> str:
    """Return a UTC time in ISO 8601 with milliseconds."""
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _encodable(text: str) -> str:
    """Return *text*, which may come from the name of a file, with bytes in it that are no characters as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()
