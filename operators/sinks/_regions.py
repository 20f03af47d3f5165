"""Labelled regions of each stream, written as one file per stream when the stream ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2s
from pathlib import Path, PurePosixPath

from flowrun.models.atomic_file import atomic_file
from flowrun.operators._printable import printable
from flowrun.schemas.ports import Event, Predictions, StreamEnd

SLACK_S = 1e-6  # what rounding may do to a time
NAME_BYTES = 200  # of the 255 that file systems allow: the suffix and what marks an unfinished file need some


@dataclass(slots=True)
class Region:
    """A label from start to end, in s, with its peak score."""

    start_s: float
    end_s: float
    label: str
    score: float


class RegionFiles:
    """Gathers regions and writes each stream's with *render*, atomically, under *folder*.

    Windows of one label that touch or overlap become one region.
    """

    def __init__(self, folder: Path, suffix: str, render: Callable[[str, list[Region]], str]) -> None:
        self._folder = folder
        self._suffix = suffix
        self._render = render
        self._streams: dict[str, _Regions] = {}

    def write(self, item: Predictions | Event | StreamEnd) -> None:
        """Take an item; the end of its stream writes the stream's file."""
        if isinstance(item, StreamEnd):
            self._finish(item.stream)
            return
        regions = self._streams.setdefault(item.stream, _Regions())
        if isinstance(item, Event):
            regions.all.append(Region(item.start_s, item.end_s, printable(item.label), item.score))
            return
        for start_s, row in zip(item.at.start_s.tolist(), item.rows, strict=True):
            for label, score in row:
                regions.extend(Region(start_s, start_s + item.at.window_s, printable(label), score))

    def close(self) -> None:
        """Write what streams without an end have so far."""
        for stream in list(self._streams):
            self._finish(stream)

    def abort(self) -> None:
        """Forget what is not complete; files of streams that have ended stay."""
        self._streams.clear()

    def _finish(self, stream: str) -> None:
        regions = sorted(self._streams.pop(stream, _Regions()).all, key=lambda region: (region.start_s, region.label))
        with atomic_file(self._folder / file_name(stream, self._suffix)) as out:
            out.write(self._render(printable(stream), regions))


class _Regions:
    def __init__(self) -> None:
        self.all: list[Region] = []
        self._latest: dict[str, Region] = {}

    def extend(self, window: Region) -> None:
        """Add a window to the latest region of its label, or begin a new one."""
        latest = self._latest.get(window.label)
        if latest and latest.start_s < window.start_s <= latest.end_s + SLACK_S:
            latest.end_s, latest.score = window.end_s, max(latest.score, window.score)
        else:
            self._latest[window.label] = window
            self.all.append(window)


def file_name(stream: str, suffix: str) -> Path:
    """Return where the file of *stream* goes, relative to the folder and never outside it.

    >>> file_name("birds/a.wav", ".txt").as_posix(), file_name("/data/../a.wav", ".txt").as_posix()
    ('birds/a.wav.txt', 'a.wav.txt')
    """
    path = PurePosixPath(printable(stream))
    inside = path if not path.is_absolute() and ".." not in path.parts else PurePosixPath(path.name)
    name = inside.name or "stream"
    if len(name.encode()) > NAME_BYTES:
        name = name.encode()[:NAME_BYTES].decode(errors="ignore") + blake2s(name.encode(), digest_size=4).hexdigest()
    return Path(inside.parent) / f"{name}{suffix}"
