"""A page of which some parts are written by a program, between markers, and the rest by people."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from flowrun.models.atomic_file import atomic_file


class Part(NamedTuple):
    """A part: its name in the markers, the heading it gets where the page has no place for it yet, and its text."""

    name: str
    heading: str
    text: str


def write_parts(page: Path, new: str, parts: Iterable[Part], command: str) -> None:
    """Write *parts* between their markers; one that has none yet goes to the end of the page.

    Args:
        page: The page.
        new: What a page begins with that is not there yet.
        parts: The parts.
        command: What writes them; it stands in the markers.

    Raises:
        OSError: the page cannot be written.
    """
    text = page.read_text("utf-8") if page.is_file() else new
    for part in parts:
        begin, end = f"<!-- {part.name}: {command} -->", f"<!-- end of {part.name} -->"
        before, marked, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        written = f"{begin}\n{part.text}\n{end}"
        appended = f"{text.rstrip()}\n\n## {part.heading}\n\n{written}\n"
        text = before + written + after if marked and closed else appended
    with atomic_file(page) as out:
        out.write(text)
