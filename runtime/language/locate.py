"""Where a flow named on the command line lies."""

from __future__ import annotations

from pathlib import Path

from flowrun import flows

SHIPPED = Path(flows.__path__[0])


def locate(name: str) -> Path:
    """Return the path of the flow called *name*: a file, else one that ships with flowrun.

    `flows/classify_file.yaml`, `classify_file.yaml` and `classify_file` all find the shipped one.
    """
    path = Path(name)
    if path.exists():
        return path
    shipped = SHIPPED / f"{path.stem}.yaml"
    folder_fits = path.parent.as_posix() in (".", "flows")
    return shipped if folder_fits and path.suffix in ("", ".yaml") and shipped.is_file() else path
