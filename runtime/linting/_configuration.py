"""What the configuration of a step names: labels, scores, times."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from flowrun.models.ontology import members


def representative(labels: Sequence[str], texts: Iterable[str]) -> tuple[str, ...]:
    """Return those of *labels* that *texts* name, all kinds of these, and one that stands for all others.

    >>> representative(("Dog", "Bark", "Glass", "Rain"), ["Dog", "22:00-06:00"])
    ('Dog', 'Bark', 'Glass')
    """
    texts = list(texts)
    named = {kind for text in texts for kind in members(text, labels)} | (set(texts) & set(labels))
    other = next((label for label in labels if label not in named), None)
    return tuple(label for label in labels if label in named or label == other)


def numbers(value: Any) -> Iterator[float]:
    """Yield all numbers in a value of a configuration."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from numbers(inner)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield value


def texts(value: Any) -> Iterator[str]:
    """Yield all texts in a value of a configuration."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from texts(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from texts(inner)
