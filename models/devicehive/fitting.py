"""What of a message goes into the bytes that a server takes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Any

CUT = "cut"  # names, in what was cut, what is not whole


def fitted(fields: Mapping[str, Any], room: Callable[[Mapping[str, Any]], bool], *, whole: frozenset[str]) -> Any:
    """Return *fields*, with as much cut from the end of its longest texts and lists as it takes to fit.

    Args:
        fields: What is to be sent.
        room: Whether so much fits.
        whole: Fields that are never cut.

    Raises:
        ValueError: it does not fit however much is cut.

    >>> reason = "so and so and so on, and so on"
    >>> fitted({"id": "1", "reason": reason}, lambda of: len(str(of)) <= 50, whole=frozenset({"id"}))
    {'id': '1', 'reason': 'so and', 'cut': ['reason']}
    """
    if room(fields):
        return dict(fields)
    lengths = {name: len(value) for name, value in fields.items() if isinstance(value, (str, list))}
    now, cut = dict(fields), list[str]()
    for name in sorted(lengths.keys() - whole, key=lambda name: -lengths[name]):
        cut.append(name)
        now[CUT] = sorted(cut)
        value = fields[name]
        if (most := _most(now, name, room)) >= 0:
            return {**now, name: value[:most]}
        now[name] = value[:0]
    raise ValueError("it is longer than the server takes, whatever is left out")


def _most(fields: Mapping[str, Any], name: str, room: Callable[[Mapping[str, Any]], bool]) -> int:
    """Return how much of the field *name* fits; -1 if it is too much without it."""
    value = fields[name]
    return bisect_right(range(len(value) + 1), 0, key=lambda n: 0 if room({**fields, name: value[:n]}) else 1) - 1
