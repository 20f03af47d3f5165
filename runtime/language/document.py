"""The data of a flow file, and where each key and value stands in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flowrun.schemas.errors import Problem

Keys = tuple[str | int, ...]


@dataclass(slots=True)
class Document:
    """The data of a file, its lines and whole text, and where each value stands.

    marks: (line, column) of each value and keys: of each key, by the path that leads to it; from 1.
    origins: where a value comes from that does not stand in the file, such as `--set vars.k=3`.
    """

    file: str
    data: Any
    lines: list[str] = field(default_factory=list)
    text: str = ""
    marks: dict[Keys, tuple[int, int]] = field(default_factory=dict)
    keys: dict[Keys, tuple[int, int]] = field(default_factory=dict)
    origins: dict[Keys, str] = field(default_factory=dict)

    def problem(self, path: Keys, rule: str, message: str, remedy: str = "", *, at_key: bool = False) -> Problem:
        """Return a problem at the value (or the key) that *path* leads to, or at what comes nearest."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.origins:
                return Problem(self.origins[path[:end]], 0, 0, rule, message, remedy, path)
        places = self.keys if at_key else self.marks
        near = path
        while near and near not in places:
            near = near[:-1]
        return Problem(self.file, *places.get(near, (1, 1)), rule, message, remedy, path)
