"""An operator explained from its declaration: for the terminal and for the documentation."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from flowrun.schemas.parameters import Schema
from flowrun.schemas.ports import StreamEnd
from flowrun.schemas.spec import Spec

GROUPS = {
    "sources": "Sources",
    "audio": "Audio and features",
    "inference": "Inference",
    "detection": "Detection",
    "training": "Training",
    "sinks": "Sinks",
}


def takes(spec: Spec) -> dict[str, str]:
    """Return what each input takes, in words."""
    taken = {}
    for port, types in spec.inputs.items():
        said = [word for word, ports in (("first", spec.first), ("optional", spec.optional)) if port in ports]
        kinds = " or ".join(t.__name__ for t in types if t is not StreamEnd)
        taken[port] = f"{kinds} ({', '.join(said)})" if said else kinds
    return taken


def gives(spec: Spec) -> dict[str, str]:
    """Return what each output gives."""
    return {output: given.__name__ for output, given in spec.outputs.items()}


def kind(rule: Schema) -> str:
    """Return the type, the range and the unit of an option in words.

    >>> kind({"type": "number", "exclusiveMinimum": 0, "maximum": 60, "x-unit": "s"})
    'number > 0 and <= 60, s'
    >>> kind({"type": "string", "writeOnly": True})
    'string, secret'
    >>> kind({"type": "object", "properties": {"on": {"type": "number"}, "off": {"type": "number"}}})
    '{on: number, off: number}'
    """
    if "enum" in rule:
        return " | ".join(map(str, rule["enum"]))
    names = rule.get("type", "any")
    words = " or ".join([names] if isinstance(names, str) else names)
    if rule.get("x-path"):
        words = f"path of a {rule['x-exists']} that exists" if "x-exists" in rule else "path"
    if words == "object" and "properties" in rule:
        words = f"{{{', '.join(f'{key}: {kind(of)}' for key, of in rule['properties'].items())}}}"
    elif words == "object" and "additionalProperties" in rule:
        words = f"map of name: {kind(rule['additionalProperties'])}"
    signs = {"exclusiveMinimum": ">", "minimum": ">=", "exclusiveMaximum": "<", "maximum": "<="}
    limits = [f"{sign} {rule[word]}" for word, sign in signs.items() if word in rule and not words.startswith("map")]
    unit = f", {rule['x-unit']}" if "x-unit" in rule else ", secret" if rule.get("writeOnly") else ""
    return words + (f" {' and '.join(limits)}" if limits else "") + unit


def as_data(spec: Spec) -> dict[str, Any]:
    """Return all that is known about an operator."""
    return {
        "name": spec.name,
        "group": spec.group,
        "module": spec.module,
        "summary": spec.summary,
        "description": spec.description,
        "inputs": {port: [t.__name__ for t in types if t is not StreamEnd] for port, types in spec.inputs.items()},
        "outputs": gives(spec),
        "live": spec.live,
        "on_error": spec.on_error,
        "options": spec.parameters,
    }


def as_text(spec: Spec) -> str:
    """Return an operator explained for a terminal."""
    lines = [f"{spec.name}: {spec.summary}", ""]
    lines += [*_paragraphs(spec.description), ""] if spec.description else []
    lines += [f"  takes  {_ports(takes(spec))}", f"  gives  {_ports(gives(spec))}"]
    lines += ["", "Options"] if spec.parameters["properties"] else []
    for name, rule in spec.parameters["properties"].items():
        lines += [f"  {name}: {kind(rule)}{_default(spec, name, rule)}", f"      {rule['description']}"]
    on_error = "skipped, with a warning" if spec.on_error == "skip" else "an error that stops the flow"
    lines += ["", f"An item it fails on is {on_error}, unless `on_error: stop | skip | {{to: STEP}}` says otherwise."]
    lines += ["", "Example", *(f"  {line}" for line in example(spec).splitlines())]
    return "\n".join(lines)


def as_markdown(specs: Iterable[Spec]) -> str:
    """Return the reference of all operators, by group."""
    lines = ["# Operators", "", "Made by `make docs` from the declarations in `operators/`; do not edit.", ""]
    known = list(specs)
    for group, title in GROUPS.items():
        lines += [f"## {title}", ""]
        for spec in (s for s in known if s.group == group):
            lines += [f"### {spec.name}", "", spec.summary, ""]
            lines += [*_paragraphs(spec.description), ""] if spec.description else []
            lines += [f"Takes {_ports(takes(spec))}; gives {_ports(gives(spec))}.", ""]
            if spec.parameters["properties"]:
                lines += ["| option | type | default | meaning |", "|---|---|---|---|"]
            for name, rule in spec.parameters["properties"].items():
                default = (
                    json.dumps(rule["default"])
                    if "default" in rule
                    else "required"
                    if name in spec.parameters["required"]
                    else "-"
                )
                cells = (f"`{name}`", kind(rule), default, rule["description"])
                lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
            lines += [""] if spec.parameters["properties"] else []
            lines += ["```yaml", example(spec), "```", ""]
    return "\n".join(lines).rstrip() + "\n"


def example(spec: Spec) -> str:
    """Return a step that uses *spec*, with its required options and the defaults of the first others."""
    options = {}
    for name, rule in spec.parameters["properties"].items():
        if name in spec.parameters["required"]:
            options[name] = _sample(rule)
        elif "default" in rule and len(options) < 2:
            options[name] = json.dumps(rule["default"])
    links = {}
    if len(spec.inputs) > 1:
        links["from"] = "{" + ", ".join(f"{port}: STEP" for port in spec.inputs) + "}"
    cells = ", ".join(f"{key}: {value}" for key, value in {"use": spec.name, **links, **options}.items())
    return f"{spec.name}: {{{cells}}}"


def _sample(rule: Schema) -> str:
    if "examples" in rule:
        return json.dumps(rule["examples"][0])
    if rule.get("type") == "object":
        return "{Glass: 0.5}"
    if rule.get("x-path") or rule.get("x-patterns"):
        return "PATH"
    choices = rule.get("enum", ["NAME"] if rule.get("type") == "string" else [])
    return str(choices[0] if choices else rule.get("minimum", 1))


def _default(spec: Spec, name: str, rule: Schema) -> str:
    if name in spec.parameters["required"]:
        return " (required)"
    return f" (default {json.dumps(rule['default'])})" if "default" in rule else " (optional)"


def _ports(ports: dict[str, str]) -> str:
    if not ports:
        return "nothing"
    return (
        next(iter(ports.values()))
        if len(ports) == 1
        else ", ".join(f"{name}: {given}" for name, given in ports.items())
    )


def _paragraphs(text: str) -> list[str]:
    return [" ".join(paragraph.split()) for paragraph in text.split("\n\n")]
