"""What people judged, as a folder to train on."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import IO

from starlette.responses import Response, StreamingResponse

from flowrun.models.clips.naming import safe
from flowrun.models.history.history import History
from flowrun.models.history.kept import VERDICTS, Kept, Question
from flowrun.operators.sinks._web.endpoint import Asked, Endpoint, Refused
from flowrun.operators.sinks._web.event_data import FILTERS, question
from flowrun.operators.sinks._web.recordings import Recordings
from flowrun.schemas.errors import explain

MOST_BYTES = 1_000_000_000
UNKNOWN = "unknown"  # the folder of sounds that are none of the classes, for whoever trains
PAGE = 500


class Export:
    """The endpoint of the judged *recordings*; *scratch* is where the archive is put together: on a disk."""

    def __init__(self, history: History, recordings: Recordings, scratch: Path) -> None:
        self._history = history
        self._recordings = recordings
        self._scratch = scratch
        self._one_at_a_time = Lock()

    def endpoints(self) -> list[Endpoint]:
        """Return it."""
        filters = {name: schema for name, schema in FILTERS.items() if name != "verdict"}
        return [
            Endpoint(
                "GET",
                "verdicts.zip",
                "The recordings that were judged: a folder per label, those of wrong events in `unknown`.",
                self.export,
                ("application/zip",),
                filters,
                refuses=(404, 413, 429, 507),
            ),
        ]

    def export(self, asked: Asked) -> Response:
        """Return what was judged, as a folder to train on."""
        if not self._one_at_a_time.acquire(blocking=False):
            raise Refused(429, "another export is being made: try again when it is there", {"Retry-After": "10"})
        try:
            self._scratch.mkdir(parents=True, exist_ok=True)
            archive = tempfile.TemporaryFile(dir=self._scratch)  # noqa: SIM115 - what sends it closes it
            try:
                size = self._write(archive, question(dict(asked.query)))
            except BaseException:
                archive.close()
                raise
        except OSError as error:
            raise Refused(507, f"there is no room to put it together: {explain(error)}") from error
        finally:
            self._one_at_a_time.release()
        headers = {"Content-Disposition": 'attachment; filename="verdicts.zip"', "Content-Length": str(size)}
        return StreamingResponse(_pieces(archive), media_type="application/zip", headers=headers)

    def _write(self, out: IO[bytes], wanted: Question) -> int:
        """Write the archive, and return its size."""
        total = 0
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
            for event in self._judged(wanted):
                try:
                    path = self._recordings.of(event)
                    sound = path.open("rb")
                except (OSError, Refused):
                    continue  # it is not there any more
                with sound:
                    total += os.fstat(sound.fileno()).st_size
                    if total > MOST_BYTES:
                        raise Refused(413, "these are more than 1 GB: ask for a `label`, or for some time with `since`")
                    folder = safe(event.event.label) if event.verdict == "right" else UNKNOWN
                    named = zipfile.ZipInfo(f"{folder}/{event.number}{path.suffix.lower()}")  # no date: some boxes
                    with archive.open(named, "w") as place:  # live in 1970, which ZIP does not know
                        shutil.copyfileobj(sound, place)
        if not total:
            raise Refused(404, "no recording was judged yet: say of some events whether they were right")
        return out.seek(0, io.SEEK_END)

    def _judged(self, wanted: Question) -> Iterator[Kept]:
        for verdict in VERDICTS:
            asked = replace(wanted, verdict=verdict)
            while page := self._history.page(asked, PAGE):
                yield from page
                asked = replace(asked, before=page[-1].number)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while piece := file.read(64 * 1024):
            yield piece
