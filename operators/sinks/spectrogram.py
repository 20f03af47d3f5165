"""Pictures of recordings."""

from __future__ import annotations

from pathlib import Path

import reactivex
from reactivex import Observable

from flowrun.models.atomic_file import atomic_file
from flowrun.models.picture.drawing import draw
from flowrun.models.picture.lanes import Mark, Marks
from flowrun.models.picture.spectrogram import Spectrogram
from flowrun.operators._printable import printable
from flowrun.operators._rate import keep_rate
from flowrun.operators.sinks._regions import file_name
from flowrun.schemas.kernel import Sink, write_to
from flowrun.schemas.ports import Audio, Event, StreamEnd
from flowrun.schemas.spec import operator


@operator
def spectrogram(audio: Observable[Audio | StreamEnd], events: Observable[Event] | None = None, *, folder: Path) -> Sink:
    """Draw a picture per stream: its spectrogram, and over it when each event was heard.

    Each class has a lane with a bar per event and its score; beyond twelve lanes the less certain ones are counted. The
    picture of a second is as wide as that of a day, and takes as much memory. A stream's file, `STREAM.png`, appears
    when the stream ends.

    Args:
        folder: Where the files go.
    """
    items = audio if events is None else reactivex.merge(audio, events)
    return write_to(items, lambda: _Pictures(folder, with_events=events is not None))


class _Pictures:
    def __init__(self, folder: Path, *, with_events: bool) -> None:
        self.folder = folder
        self.with_events = with_events
        self.sounds: dict[str, Spectrogram] = {}
        self.marks: dict[str, Marks] = {}

    def write(self, item: Audio | Event | StreamEnd) -> None:
        if isinstance(item, StreamEnd):
            self._finish(item.stream)
        elif isinstance(item, Event):
            mark = Mark(item.score, item.start_s, item.end_s, printable(item.label))
            self.marks.setdefault(item.stream, Marks()).add(mark)
        else:
            if item.stream not in self.sounds:
                self.sounds[item.stream] = Spectrogram(item.rate_hz)
            sound = self.sounds[item.stream]
            keep_rate(item, sound.rate_hz)
            sound.add(item.samples, item.start_sample)

    def close(self) -> None:
        """Draw what streams without an end have so far."""
        for stream in list(self.sounds):
            self._finish(stream)

    def abort(self) -> None:
        """Forget what is not complete; pictures of streams that have ended stay."""
        self.sounds.clear()
        self.marks.clear()

    def _finish(self, stream: str) -> None:
        sound, marks = self.sounds.pop(stream, None), self.marks.pop(stream, Marks())
        if sound is None or not sound.duration_s:
            return  # nothing was heard of it: there is nothing to draw
        sound.finish()
        picture = draw(printable(stream), sound, marks if self.with_events else None)
        with atomic_file(self.folder / file_name(stream, ".png"), "wb") as out:
            picture.save(out, "png")
