"""Which class each recording is of: by the folder it lies in, or by a list."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from flowrun.models.examples.csv_table import read_table

COLUMNS = {
    "file": ("filename", "file", "path"),
    "label": ("category", "label", "class"),
    "group": ("fold", "group"),
}


class Labelled(NamedTuple):
    """What is known of a recording: its class, and the group that it must stay together with."""

    label: str
    group: str


Recordings = Mapping[str, Labelled]  # by the path of the file


def in_folders(names: Iterable[str], group: str | None) -> dict[str, Labelled]:
    r"""Return the recordings by the first folder of their paths; those in none are left out.

    Args:
        names: Paths inside the folder of classes.
        group: A pattern that finds the name of the group in a path; without it each file is its own group.

    Raises:
        ValueError: a path does not have the pattern.

    >>> in_folders(["dog/1-100032-A.wav", "notes.wav"], r"1-(\d+)")
    {'dog/1-100032-A.wav': Labelled(label='dog', group='100032')}
    """
    return {name: Labelled(name.split("/")[0], group_of(name, group)) for name in names if "/" in name}


def in_list(path: Path, columns: Mapping[str, str], group: str | None) -> dict[str, Labelled]:
    """Return the recordings of a CSV list with a line of column names.

    Args:
        path: The list.
        columns: Names of the columns `file`, `label` and `group`; those in `COLUMNS` where it names none.
        group: A pattern that finds the name of the group in the path of a file, in the place of a column.

    Raises:
        ValueError: a column is missing, or a line has no class, or a file comes twice; with the line.
        OSError: it cannot be read.
    """
    found: dict[str, Labelled] = {}
    table = read_table(path)
    named = {key: _column(path, key, table.columns, columns) for key in COLUMNS}
    for number, row in table.lines:
        file, label = (row[named[key]] for key in ("file", "label"))
        if not file or not label:
            raise ValueError(f"{path}:{number}: a line without a file or without a class")
        if file in found:
            raise ValueError(f"{path}:{number}: {file!r} is listed a second time")
        by_column = group is None and named["group"]
        found[file] = Labelled(label, row[named["group"]] if by_column else group_of(file, group))
    return found


def group_of(name: str, pattern: str | None) -> str:
    r"""Return what *pattern* finds in *name*: its first group, or all of it.

    Raises:
        ValueError: it finds nothing.

    >>> group_of("1-100032-A-0.ogg", r"^\d+-(\d+)"), group_of("a.ogg", None)
    ('100032', 'a.ogg')
    """
    if pattern is None:
        return name
    match = re.search(pattern, name)
    if match is None:
        raise ValueError(f"the pattern {pattern!r} finds nothing in {name!r}")
    return match[1] if match.re.groups and match[1] is not None else match[0]


def find(recordings: Recordings, name: str) -> Labelled | None:
    """Return what is known of the file *name*; a list may name it from a folder further in.

    >>> find({"a.ogg": Labelled("dog", "1")}, "audio/a.ogg")
    Labelled(label='dog', group='1')
    """
    while name not in recordings:
        _, slash, name = name.partition("/")
        if not slash:
            return None
    return recordings[name]


def groups_by_class(recordings: Recordings) -> dict[str, int]:
    """Return how many groups each class has, the classes sorted by name."""
    pairs = {(recording.label, recording.group) for recording in recordings.values()}
    counts = Counter(label for label, _ in pairs)
    return {label: counts[label] for label in sorted(counts, key=lambda label: (label.casefold(), label))}


def _column(path: Path, key: str, there: Iterable[str], columns: Mapping[str, str]) -> str:
    """Return the name of a column; empty where there is none and none is needed."""
    there = list(there)
    wanted = (columns[key],) if key in columns else COLUMNS[key]
    found = next((name for name in wanted if name in there), "")
    if not found and (key in columns or key != "group"):
        raise ValueError(
            f"{path}:1: no column {' or '.join(map(repr, wanted))} for the {key}; it has {', '.join(there)}"
        )
    return found
