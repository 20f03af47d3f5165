"""The architectures by name, and their options as a flat list, as YouTube-8M's flags are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any

from flowrun.models.networks.attention import Attention
from flowrun.models.networks.convolutional import Convolutional
from flowrun.models.networks.dbof import Dbof
from flowrun.models.networks.logistic import Logistic
from flowrun.models.networks.lstm import Lstm
from flowrun.models.networks.moe import Moe
from flowrun.models.networks.network import Network
from flowrun.models.networks.open_set import OpenSet

NETWORKS: Mapping[str, type[Any]] = {
    "logistic": Logistic,
    "moe": Moe,
    "dbof": Dbof,
    "lstm": Lstm,
    "attention": Attention,
    "convolutional": Convolutional,
    "open_set": OpenSet,
}


def defaults(name: str) -> dict[str, Any]:
    """Return the options of an architecture and their defaults, those of its classifier included.

    >>> defaults("lstm")
    {'lstm_cells': 1024, 'lstm_layers': 2, 'moe_num_mixtures': 2}
    """
    found: dict[str, Any] = {}
    for field in fields(NETWORKS[name]):
        part = _part(field)
        found |= defaults_of(part) if part else {field.name: field.default}
    return found


def defaults_of(kind: type[Any]) -> dict[str, Any]:
    """Return the options of a dataclass."""
    return {field.name: field.default for field in fields(kind)}


def network(name: str, options: Mapping[str, Any]) -> Network:
    """Return an architecture with *options*, each one of its own; the others have their defaults."""
    kind = NETWORKS[name]
    given: dict[str, Any] = {}
    for field in fields(kind):
        part = _part(field)
        if part:
            given[field.name] = part(**{key: options[key] for key in defaults_of(part) if key in options})
        elif field.name in options:
            given[field.name] = options[field.name]
    built: Network = kind(**given)
    return built


def _part(field: Field[Any]) -> type[Any] | None:
    """Return the kind of a network inside a network."""
    factory = field.default_factory
    return factory if factory is not MISSING and isinstance(factory, type) and is_dataclass(factory) else None
