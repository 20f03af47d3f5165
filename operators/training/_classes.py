"""The recordings of each class, read while the flow is checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from flowrun.models.examples.labelled_files import Recordings, groups_by_class, in_folders, in_list
from flowrun.operators._printable import printable
from flowrun.operators.sources._listing import EXTENSIONS, files, matches
from flowrun.schemas.errors import explain
from flowrun.schemas.stream_info import Mismatch

FOLDERS = "make a folder for each class, and one called `unknown` for other sounds"
SOUNDS = [f"*.{extension}" for extension in EXTENSIONS]


class Classes:
    """The classes to learn and their recordings.

    labels: the classes, sorted. groups: how many groups each has. left_out: classes with fewer than are wanted.

    Args:
        path: A folder with a folder for each class, or a list.
        columns: Of the list.
        group: The pattern of groups.
        unknown: Names of what is no class.
        min_groups: A class with fewer groups is left out.

    Raises:
        Mismatch: there are no two classes to tell apart, nor one and sounds of no class.
    """

    def __init__(
        self, path: Path, columns: Mapping[str, str], group: str | None, unknown: list[str], min_groups: int
    ) -> None:
        self.recordings = _recordings(path, columns, group)
        self.unknown = {name.casefold() for name in unknown}
        counts = groups_by_class(self.recordings)
        of_classes = {label: count for label, count in counts.items() if label.casefold() not in self.unknown}
        self.groups = {label: count for label, count in of_classes.items() if count >= min_groups}
        self.left_out = sorted(set(of_classes) - set(self.groups))
        self.labels = tuple(self.groups)
        if len(self.labels) + (len(counts) > len(of_classes)) < 2:
            found = f"only the class {self.labels[0]!r}" if self.labels else "no class"
            remedy = FOLDERS if path.is_dir() else "list a second class, or sounds of a class `unknown`"
            raise Mismatch(f"{path} has {found}, so there is nothing to tell apart", "classes", remedy=remedy)


def _recordings(path: Path, columns: Mapping[str, str], group: str | None) -> Recordings:
    try:
        if group is not None:
            re.compile(group)
    except re.error as error:
        raise Mismatch(f"group: {group!r} is no regular expression: {error}", "group") from None
    try:
        if path.is_dir():
            return in_folders(
                (printable(name) for name in files(path, True, lambda _: None) if matches(name, SOUNDS)), group
            )
        return in_list(path, columns, group)
    except (OSError, ValueError) as error:
        raise Mismatch(explain(error), "classes") from None
