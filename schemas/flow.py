"""The JSON Schema of a flow, made from the operators' specs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flowrun.schemas.parameters import Schema
from flowrun.schemas.spec import Spec

NAME = "^[a-z][a-z0-9_]*$"
UPSTREAM: Schema = {"type": ["string", "array"], "items": {"type": "string"}, "minItems": 1, "uniqueItems": True}
NUMBER: Schema = {"type": "number"}
WHEN_FULL = ["block", "drop_oldest", "drop_newest"]
SIGNALS = ["tone", "noise", "silence", "click"]


def closed(properties: dict[str, Schema], *required: str, **more: Any) -> Schema:
    """Return the schema of an object that has these keys and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
        **more,
    }


QUEUE = closed(
    {
        "size": {"type": "integer", "minimum": 1, "description": "How many items it holds: 64, 512 in a live flow."},
        "when_full": {"enum": WHEN_FULL, "description": "Wait, or drop an item (counted and logged)."},
    },
    description="A bounded queue in front of the step, which then runs on a thread of its own.",
)
ON_ERROR: Schema = {
    "description": "What to do about an item the step fails on: stop, skip, or {to: step}.",
    "type": ["string", "object"],
    "if": {"type": "string"},
    "then": {"enum": ["stop", "skip"]},
    "else": closed({"to": {"type": "string", "pattern": NAME}}, "to"),
}
RANGE: Schema = {
    "description": "A value, or a range: {min, max} or {about, within}.",
    "type": ["number", "object"],
    "properties": {key: NUMBER for key in ("min", "max", "about", "within")},
    "additionalProperties": False,
}
LABELS: Schema = {"type": "array", "items": {"type": "string"}}
EXPECTED: Schema = {
    "description": "What a step gives: exactly these items (each as far as it is written), or facts about them all.",
    "type": ["array", "object"],
    "items": {"type": "object"},
    "properties": {
        "count": {**RANGE, "description": "How many items (windows, for windowed items)."},
        "labels": {**LABELS, "description": "Exactly this set of labels."},
        "includes": {**LABELS, "description": "At least these labels."},
        "excludes": {**LABELS, "description": "None of these labels."},
        "scores": {"type": "object", "additionalProperties": RANGE, "description": "Peak score of a label."},
        "golden": {"type": "string", "description": "File beside the flow with the items; `--update` writes it."},
        "within": {"type": "number", "minimum": 0, "default": 1e-3, "description": "Tolerance of golden numbers."},
    },
    "additionalProperties": False,
}
PLAY = closed(
    {
        "step": {"type": "string", "description": "The step that gives this audio instead of its own."},
        "file": {"type": "string", "description": "An audio file beside the flow."},
        "signal": {"enum": SIGNALS, "description": "A synthetic signal."},
        "duration_s": {"type": "number", "exclusiveMinimum": 0, "default": 3, "x-unit": "s"},
        "rate_hz": {"type": "integer", "exclusiveMinimum": 0, "default": 16000, "x-unit": "Hz"},
        "level_db": {"type": "number", "maximum": 0, "default": -20, "x-unit": "dBFS"},
        "frequency_hz": {"type": "number", "exclusiveMinimum": 0, "default": 1000, "x-unit": "Hz"},
        "seed": {"type": "integer", "minimum": 0, "default": 0},
        "block_s": {"type": "number", "exclusiveMinimum": 0, "default": 1, "x-unit": "s"},
    },
    "step",
)
TEST = closed(
    {
        "name": {"type": "string", "minLength": 1, "description": "The rule, in one sentence."},
        "set": {"type": "object", "description": "Values to set first, such as {steps.top.k: 3}."},
        "play": {**PLAY, "type": ["object", "array"], "items": PLAY, "description": "What is played, and where."},
        "expect": {"type": "object", "minProperties": 1, "additionalProperties": EXPECTED},
    },
    "name",
    "expect",
)


def flow_schema(specs: Iterable[Spec]) -> Schema:
    """Return the schema: an envelope, and one `if use … then` per operator, so an error names one field."""
    known = sorted(specs, key=lambda spec: spec.name)
    step: Schema = {
        "type": "object",
        "required": ["use"],
        "properties": {"use": {"enum": [spec.name for spec in known], "description": "The operator."}},
        "allOf": [
            {"if": {"properties": {"use": {"const": spec.name}}, "required": ["use"]}, "then": step_schema(spec)}
            for spec in known
        ],
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "flowrun flow",
        **closed(
            {
                "name": {"type": "string", "description": "Name of the flow."},
                "description": {"type": "string", "description": "What it is for, in a sentence."},
                "vars": {
                    "type": "object",
                    "description": "Values for `$name`; `--set vars.name=value` overrides.",
                    "propertyNames": {"pattern": NAME},
                },
                "steps": {
                    "type": "object",
                    "description": "The steps, in reading order; a step without `from` reads the one above.",
                    "minProperties": 1,
                    "propertyNames": {"pattern": NAME},
                    "additionalProperties": {"$ref": "#/$defs/step"},
                },
                "tests": {"type": "array", "items": TEST, "description": "Run by `flowrun test`."},
            },
            "steps",
        ),
        "$defs": {"step": step},
    }


def step_schema(spec: Spec) -> Schema:
    """Return the schema of a step that uses *spec*."""
    own: dict[str, Schema] = {"use": {}, "on_error": ON_ERROR}
    needed = [port for port in spec.inputs if port not in spec.optional]
    if spec.inputs:
        own["queue"] = QUEUE
        ports = closed({port: UPSTREAM for port in spec.inputs}, *needed)
        own["from"] = {**ports, "description": "The step to read at each port; a list is merged."}
    if len(needed) == 1:
        own["from"] |= {**UPSTREAM, "type": [*UPSTREAM["type"], "object"]}
    return closed(
        {**own, **spec.parameters["properties"]},
        "use",
        *spec.parameters["required"],
        *(["from"] if len(needed) > 1 else []),
        description=spec.summary,
    )


def editor_schema(specs: Iterable[Spec]) -> Schema:
    """Return the schema for editors: as `flow_schema`, but any value may be a `$reference`."""
    schema = flow_schema(specs)
    for rule in schema["$defs"]["step"]["allOf"]:
        properties = rule["then"]["properties"]
        for name, option in properties.items():
            if name != "use" and option.get("type") != "string":
                said = {key: option[key] for key in ("description", "default") if key in option}
                properties[name] = {**said, "anyOf": [option, {"type": "string", "pattern": "\\$"}]}
    return schema
