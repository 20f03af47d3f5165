"""Which files of examples are read, and in what order."""

from __future__ import annotations

import os
from collections.abc import Sequence
from glob import escape, glob

from flowrun.operators._printable import printable
from flowrun.operators.sources._listing import natural

PATTERN = "*.tfrecord"


def example_files(patterns: Sequence[str]) -> list[str]:
    """Return the files that match any of *patterns*, each once, in natural order.

    A pattern is a path in which `*`, `?`, `[…]` and, for folders in folders, `**` stand for others; a folder stands
    for its `*.tfrecord` files.

    Raises:
        ValueError: a pattern matches nothing.
    """
    found: dict[str, None] = {}
    for pattern in patterns:
        path = os.path.expanduser(pattern)
        if os.path.isdir(path):
            path = os.path.join(escape(path), PATTERN)
        names = [path] if os.path.isfile(path) else [name for name in glob(path, recursive=True) if _is_file(name)]
        if not names:
            where = "" if os.path.isabs(path) else f" in {os.getcwd()}"
            raise ValueError(f"no file matches {printable(path)}{printable(where)}")
        found |= dict.fromkeys(names)
    return sorted(found, key=natural)


def _is_file(name: str) -> bool:
    return os.path.isfile(name) or not os.path.exists(name)  # of a link that leads nowhere, reading will tell
