"""The models there are, and which of them are here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from flowrun.models.bundle import Bundle, bundle, names
from flowrun.models.conversions import conversions, missing


@dataclass(frozen=True, slots=True)
class Entry:
    """A model in the list.

    here: it can be used. missing: the files it lacks for that.
    bytes: size of its files that are here. folder: where the first of them lies.
    """

    name: str
    version: str
    task: str
    description: str
    licence: str
    here: bool
    missing: tuple[str, ...]
    bytes: int
    folder: Path | None


def catalogue() -> list[Entry]:
    """Return every bundle that can be found, by name.

    Raises:
        ModelError: a manifest is damaged.
    """
    return [_entry(bundle(name)) for name in names()]


def _entry(found: Bundle) -> Entry:
    files = [file.path for file in found.files] + [each.path for each in conversions(found)]
    here = [path for file in files if (path := found.find(file))]
    lacks = missing(found)
    data = found.data
    return Entry(
        found.name,
        str(data["version"]),
        str(data["task"]),
        str(data.get("description", "")),
        str(data["licence"]),
        not lacks,
        lacks,
        sum(path.stat().st_size for path in here),
        here[0].parent if here else None,
    )
