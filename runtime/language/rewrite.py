"""Values put into the text of a flow, in the places where they stand; all else stays as it was written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import yaml

from flowrun.runtime.language.document import Keys


def rewritten(text: str, values: Mapping[Keys, float]) -> str:
    """Return *text* with other values at the places that the paths lead to.

    Raises:
        KeyError: at a path stands no single value.

    >>> rewritten("a: {b: 0.5}  # half", {("a", "b"): 0.75})
    'a: {b: 0.75}  # half'
    """
    places = {path: (start, end) for path, start, end in _scalars(text) if path in values}
    for path in sorted(values, key=lambda path: places[path], reverse=True):
        start, end = places[path]
        text = f"{text[:start]}{values[path]:.6g}{text[end:]}"
    return text


def _scalars(text: str) -> Iterator[tuple[Keys, int, int]]:
    """Yield the path of each scalar and alias that is a value, and where it begins and ends, without its anchor."""
    open_: list[list[str | int | None]] = []  # the key of each open collection that a value is for; None: a key is due
    for event in yaml.parse(text, yaml.SafeLoader):
        assert event.start_mark is not None  # PyYAML's reader of texts sets both
        assert event.end_mark is not None
        if isinstance(event, (yaml.ScalarEvent, yaml.AliasEvent)):
            if open_ and open_[-1][0] is None:
                open_[-1][0] = getattr(event, "value", "")
                continue
            start, end = event.start_mark.index, event.end_mark.index
            if isinstance(event, yaml.ScalarEvent) and event.anchor:
                start = text.index(event.anchor, start) + len(event.anchor)
                start += len(text[start:end]) - len(text[start:end].lstrip())
            yield tuple(key for (key,) in open_ if key is not None), start, end
            _advance(open_)
        elif isinstance(event, yaml.MappingStartEvent):
            open_.append([None])
        elif isinstance(event, yaml.SequenceStartEvent):
            open_.append([0])
        elif isinstance(event, yaml.CollectionEndEvent):
            open_.pop()
            _advance(open_)


def _advance(open_: list[list[str | int | None]]) -> None:
    """Note that the collection that is open now has got a value."""
    if open_:
        (key,) = open_[-1]
        open_[-1][0] = key + 1 if isinstance(key, int) else None
