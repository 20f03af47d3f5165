"""Recordings that may fail to be written without harm to the flow."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from flowrun.models.clips.clip_folder import Clip, ClipFolder
from flowrun.models.clips.naming import FIELDS, fields_of
from flowrun.schemas.errors import explain
from flowrun.schemas.run import Run
from flowrun.schemas.stream_info import Mismatch, nearest

EXPIRE_EVERY = timedelta(minutes=1)


class ClipStore:
    """Writes recordings; a disk that takes none is one state, told when it begins and when it is over."""

    def __init__(self, folder: ClipFolder, run: Run) -> None:
        self._folder = folder
        self._run = run
        self._refused = 0  # recordings since the disk took the last one
        self._expire_at = run.now()
        self._overdue = False  # what is too old could not be removed

    def write(self, clip: Clip) -> Path | None:
        """Return where the recording is, or None if it could not be written."""
        try:
            path = self._folder.write(clip, self._run.now())
        except OSError as error:
            if not self._refused:
                why = f"no recordings can be kept: {explain(error)}; what is heard goes on without them"
                self._run.state("failing", why)
            self._refused += 1
            return None
        if self._refused:
            self._run.state("working", f"recordings are kept again; {self._refused} could not be")
            self._refused = 0
        return path

    def expire(self) -> None:
        """Remove what is too old, now and then."""
        if self._run.now() < self._expire_at:
            return
        self._expire_at = self._run.now() + EXPIRE_EVERY
        try:
            self._folder.expire(self._run.now())
        except OSError as error:
            if not self._overdue:
                self._run.warn(f"recordings that are too old cannot be removed: {explain(error)}")
            self._overdue = True
        else:
            self._overdue = False


def check_template(template: str, known: tuple[str, ...] = FIELDS) -> None:
    """Refuse a template that gives no name inside the folder.

    Raises:
        Mismatch: so it is.
    """
    try:
        fields = fields_of(template)
    except ValueError as error:
        raise Mismatch(f"template {template!r}: {error}", "template") from error
    for field in sorted(fields - set(known)):
        raise Mismatch(f"template has no field {field!r}", "template", remedy=nearest(field, known))
