"""Where a flow named on the command line lies."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path


@cache
def shipped_folder() -> Path | None:
    """Return where the shipped flows lie; `flows` stands above this layer, so it is found, not imported."""
    spec = find_spec("flowrun.flows")
    return Path(next(iter(spec.submodule_search_locations))) if spec and spec.submodule_search_locations else None


def locate(name: str) -> Path:
    """Return the path of the flow called *name*: a file, else one that ships with flowrun.

    `flows/classify_file.yaml`, `classify_file.yaml` and `classify_file` all find the shipped one.
    """
    path = Path(name)
    if path.exists():
        return path
    folder = shipped_folder()
    if folder is None or path.parent.as_posix() not in (".", "flows") or path.suffix not in ("", ".yaml"):
        return path
    shipped = folder / f"{path.stem}.yaml"
    return shipped if shipped.is_file() else path
