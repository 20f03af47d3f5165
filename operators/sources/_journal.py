"""Which files of a folder are done, so that another run only does the others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from flowrun.models.durable_lines import append_lines
from flowrun.operators._printable import printable

Entry = dict[str, Any]


class Journal:
    """A JSON line per file that every sink has finished with; without a *path* nothing is remembered.

    Raises:
        OSError: the journal is there and cannot be read.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._done: dict[str, tuple[object, object]] = {}
        for line in path.read_bytes().splitlines() if path and path.exists() else ():
            try:
                entry = json.loads(line)
                self._done[entry["file"]] = (entry["bytes"], entry["modified_ns"])
            except (ValueError, KeyError, TypeError):
                continue  # the last line of a run that was killed

    def has(self, entry: Entry) -> bool:
        """Return whether the file is done, in the size and of the time that *entry* tells."""
        return self._done.get(entry["file"]) == (entry["bytes"], entry["modified_ns"])

    def add(self, entry: Entry | None) -> None:
        """Remember that a file is done."""
        if self._path and entry:
            append_lines(self._path, [json.dumps(entry, ensure_ascii=False)], sync=False)


def entry_of(folder: Path, name: str) -> Entry:
    """Return what tells a file in *folder* from its later versions; the size of one that cannot be reached is None."""
    try:
        status = (folder / name).stat()
    except OSError:
        return {"file": printable(name), "bytes": None, "modified_ns": None}
    return {"file": printable(name), "bytes": status.st_size, "modified_ns": status.st_mtime_ns}
