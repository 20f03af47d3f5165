"""Where what must outlive a run is kept."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote


def state_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder for the state of flows.

    >>> state_folder({"FLOWRUN_STATE": "/srv/a", "STATE_DIRECTORY": "/var/lib/flowrun"}).as_posix()
    '/srv/a'
    >>> state_folder({"STATE_DIRECTORY": "/var/lib/flowrun:/var/lib/more"}).as_posix()
    '/var/lib/flowrun'
    >>> state_folder({"XDG_STATE_HOME": "/srv/ann/state"}).as_posix()
    '/srv/ann/state/flowrun'
    """
    if given := environment.get("FLOWRUN_STATE"):
        return Path(given).expanduser()
    if of_service := environment.get("STATE_DIRECTORY", "").partition(":")[0]:  # systemd's; it may name several
        return Path(of_service)
    if of_user := environment.get("XDG_STATE_HOME"):
        return Path(of_user) / "flowrun"
    return Path.home() / ".local" / "state" / "flowrun"


def outbox_file(folder: Path, flow: str) -> Path:
    """Return the outbox of *flow* in *folder*.

    >>> outbox_file(Path("state"), "glass/break alert").as_posix()
    'state/glass%2Fbreak alert.outbox'
    """
    return folder / f"{quote(flow or 'flow', safe=' ')[:200]}.outbox"
