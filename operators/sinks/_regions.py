"""Labelled regions of each stream, written as one file per stream when the stream ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from flowrun.models.atomic_file import atomic_file
from flowrun.schemas.ports import Event, Predictions, StreamEnd


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
        self._streams: dict[str, list[Region]] = {}

    def write(self, item: Predictions | Event | StreamEnd) -> None:
        """Take an item; the end of its stream writes the stream's file."""
        if isinstance(item, StreamEnd):
            self._finish(item.stream)
            return
        regions = self._streams.setdefault(item.stream, [])
        if isinstance(item, Event):
            regions.append(Region(item.start_s, item.end_s, item.label, item.score))
            return
        for start_s, row in zip(item.at.start_s, item.rows, strict=True):
            for label, score in row:
                _extend(regions, Region(float(start_s), float(start_s) + item.at.window_s, label, score), item.at.hop_s)

    def close(self) -> None:
        """Write what streams without an end have so far."""
        for stream in list(self._streams):
            self._finish(stream)

    def abort(self) -> None:
        """Forget what is not complete; files of streams that have ended stay."""
        self._streams.clear()

    def _finish(self, stream: str) -> None:
        regions = sorted(self._streams.pop(stream, []), key=lambda region: (region.start_s, region.label))
        with atomic_file(self._folder / file_name(stream, self._suffix)) as out:
            out.write(self._render(stream, regions))


def _extend(regions: list[Region], new: Region, hop_s: float) -> None:
    for region in reversed(regions):
        if region.label == new.label:
            if new.start_s <= region.end_s + 1e-6 and new.start_s > region.start_s:
                region.end_s, region.score = new.end_s, max(region.score, new.score)
                return
            break
    regions.append(new)


def file_name(stream: str, suffix: str) -> Path:
    """Return where the file of *stream* goes, relative to the folder and never outside it.

    >>> file_name("birds/a.wav", ".txt").as_posix(), file_name("/data/../a.wav", ".txt").as_posix()
    ('birds/a.wav.txt', 'a.wav.txt')
    """
    path = PurePosixPath(stream)
    inside = path if not path.is_absolute() and ".." not in path.parts else PurePosixPath(path.name)
    return Path(inside.parent) / f"{inside.name or 'stream'}{suffix}"
