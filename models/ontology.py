"""The AudioSet ontology: which sounds are kinds of which.

Source: the hierarchy of https://github.com/audioset/ontology (CC BY-SA 4.0), names and children only.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path


@cache
def _children() -> dict[str, list[str]]:
    text = (Path(__file__).parent / "audioset" / "ontology.json").read_text("utf-8")
    return dict(json.loads(text)["children"])


def family(label: str) -> list[str]:
    """Return *label* and everything below it in the ontology, each once.

    >>> family("Glass")
    ['Glass', 'Chink, clink', 'Shatter']
    """
    found: list[str] = []
    waiting = [label]
    while waiting:
        name = waiting.pop(0)
        if name not in found:
            found.append(name)
            waiting += _children().get(name, [])
    return found


def members(label: str, labels: Sequence[str]) -> list[str]:
    """Return those of *labels* that are *label* or a kind of it, in the order of *labels*."""
    kinds = set(family(label))
    return [name for name in labels if name in kinds]
