"""Where the recordings of events lie; whatever a path says, nothing else is read."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from flowrun.models.history.kept import Kept
from flowrun.operators.sinks._web.endpoint import Refused

MEDIA = {".wav": "audio/wav", ".flac": "audio/flac"}


class Recordings:
    """The recordings in *folders*, which are asked for each time: a flow may be told of more."""

    def __init__(self, folders: Callable[[], Iterable[Path]]) -> None:
        self._folders = folders

    def of(self, event: Kept) -> Path:
        """Return where the recording of an event lies, links followed.

        Raises:
            Refused: there is none, or it is not where recordings may lie.
        """
        if event.event.clip is None:
            raise Refused(404, "no recording was kept of this event")
        try:
            path = Path(os.path.realpath(event.event.clip))
            inside = any(path.is_relative_to(os.path.realpath(folder)) for folder in self._folders())
            there = inside and path.suffix.lower() in MEDIA and path.is_file() and os.access(path, os.R_OK)
        except (OSError, ValueError):  # no rights to the folder; a name that no file can have
            there = False
        if not there:
            raise Refused(404, "the recording is not there any more, or not in the folder of clips")
        return path
