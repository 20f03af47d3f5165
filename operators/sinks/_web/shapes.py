"""The JSON of the API, as JSON Schema: what is asked for, and what is answered."""

from __future__ import annotations

from typing import Any

from flowrun.schemas.health import STATES
from flowrun.schemas.parameters import Schema


def an_object(**properties: Schema) -> Schema:
    """Return the schema of an object that has exactly these keys."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def a_list(items: Schema, **rules: Any) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": items, **rules}


def a_map(values: Schema) -> Schema:
    """Return the schema of an object whose keys are names."""
    return {"type": "object", "additionalProperties": values}


def or_null(schema: Schema) -> Schema:
    """Return *schema*, or null."""
    if "enum" in schema:
        return schema | {"enum": [*schema["enum"], None], "type": [*_listed(schema.get("type", "string")), "null"]}
    return schema | {"type": [*_listed(schema["type"]), "null"]}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


TEXT: Schema = {"type": "string"}
BOOL: Schema = {"type": "boolean"}
NUMBER: Schema = {"type": "number"}
COUNT: Schema = {"type": "integer", "minimum": 0}
SCORE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
TIME: Schema = {"type": "string", "format": "date-time"}
VERDICT: Schema = {"type": "string", "enum": ["right", "wrong"]}
STATE_NAME: Schema = {"type": "string", "enum": list(STATES)}

ERROR = an_object(error=TEXT)
DONE = an_object(ok={"const": True})
STREAM = an_object(
    name=TEXT,
    step=or_null(TEXT),
    state=STATE_NAME,
    since=or_null(TIME),
    message=TEXT,
    rate_hz=or_null(COUNT),
    audio=BOOL | {"description": "Whether its sound comes to the page, so that it can be seen and listened to."},
)
STEP = an_object(
    state=or_null(STATE_NAME),
    since=or_null(TIME),
    message=TEXT,
    items_in=COUNT,
    items_out=COUNT,
    dropped=COUNT,
    errors=COUNT,
    queue=COUNT,
    queue_size=or_null(COUNT),
    busy_s=NUMBER,
)
STATE = an_object(
    flow=TEXT,
    version=TEXT,
    started_at=TIME,
    ready=BOOL,
    stopping=BOOL,
    ended=BOOL | {"description": "Whether all is done: the page stays to be looked at, and nothing more comes."},
    paused=BOOL,
    login=BOOL | {"description": "Whether a password is set: there is somebody to log out."},
    streams=a_list(STREAM),
    steps=a_map(STEP),
)
EVENT = an_object(
    id=TEXT | {"description": "Names the event here; an event that comes again with it takes its place."},
    stream=TEXT,
    label=TEXT,
    score=NUMBER,
    start_s=NUMBER,
    end_s=NUMBER,
    heard_at=or_null(TIME),
    told_at=TIME,
    reason=TEXT,
    clip=BOOL,
    spectrogram=BOOL,
    verdict=or_null(VERDICT),
)
EVENTS = an_object(events=a_list(EVENT), next=or_null(TEXT), total=COUNT, labels=a_list(TEXT), streams=a_list(TEXT))
UPDATE = an_object(events=a_list(EVENT), next=TEXT)
FLOW = an_object(
    name=TEXT,
    yaml=TEXT,
    nodes=a_list(an_object(name=TEXT, use=TEXT, group=TEXT, live=BOOL)),
    edges=a_list({**an_object(**{"from": TEXT}, to=TEXT, port=TEXT, carries=TEXT)}),
    thresholds=a_list(an_object(step=TEXT, label=or_null(TEXT), value=SCORE, written=SCORE)),
)
CONNECTION = an_object(
    kind=TEXT,
    step=TEXT,
    state={"type": "string", "enum": ["connected", "connecting", "lost", "off"]},
    message=TEXT,
    url=TEXT,
    device_id=or_null(TEXT),
    connected_since=or_null(TIME),
    last_error=or_null(TEXT),
    backlog=or_null(COUNT),
)
CURVE = a_list(a_list(or_null(NUMBER), minItems=3, maxItems=3))  # step, training, validation
TRAINING_RUN = an_object(
    name=TEXT,
    stream=TEXT,
    step=COUNT,
    epoch=COUNT,
    share=or_null(SCORE),
    text=TEXT,
    curves=a_map(CURVE),
    per_class=a_list(an_object(label=TEXT, positives=COUNT, average_precision=or_null(NUMBER), auc=or_null(NUMBER))),
    confusion=or_null(an_object(labels=a_list(TEXT), counts=a_list(a_list(COUNT)))),
    results=a_list(TEXT) | {"description": "What a person should know first, a line each."},
)
