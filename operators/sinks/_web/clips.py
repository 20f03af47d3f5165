"""The recordings of events: played and drawn."""

from __future__ import annotations

import io
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from threading import Lock

from starlette.responses import FileResponse, Response

from flowrun.models.history.kept import Kept
from flowrun.operators._printable import printable
from flowrun.operators.sinks._web.endpoint import Asked, Endpoint, Refused
from flowrun.operators.sinks._web.recordings import MEDIA, Recordings
from flowrun.schemas.errors import explain

DRAWN_S = 120.0  # of a longer recording only the beginning is drawn
DRAWN_SAMPLES = 24_000_000  # of all channels: 96 MB, whatever a file says of itself
PICTURES = 32  # drawings to remember


class Clips:
    """The endpoints of *recordings*; *find* gives the event that a request names."""

    def __init__(self, recordings: Recordings, find: Callable[[Asked], Kept]) -> None:
        self._recordings = recordings
        self._find = find
        self._drawings: OrderedDict[tuple[int, str], bytes] = OrderedDict()
        self._drawing = Lock()

    def endpoints(self) -> list[Endpoint]:
        """Return them."""
        sounds, png = tuple(MEDIA.values()), ("image/png",)
        return [
            Endpoint("GET", "events/{id}/clip", "Its recording.", self.clip, sounds, refuses=(404,)),
            Endpoint("GET", "events/{id}/spectrogram.png", "A picture of it.", self.picture, png, refuses=(404,)),
        ]

    def clip(self, asked: Asked) -> Response:
        """Return the recording of an event."""
        path = self._recordings.of(self._find(asked))
        return FileResponse(path, media_type=MEDIA[path.suffix.lower()])

    def picture(self, asked: Asked) -> Response:
        """Return a spectrogram of it; one is drawn at a time, and the last ones are remembered."""
        event = self._find(asked)
        path = self._recordings.of(event)
        with self._drawing:
            key = event.number, str(path)
            if key not in self._drawings:
                self._drawings[key] = drawn(path, printable(f"{event.event.label} · {event.event.stream}"))
            self._drawings.move_to_end(key)
            while len(self._drawings) > PICTURES:
                self._drawings.popitem(last=False)
            headers = {"Cache-Control": "private, max-age=3600"}
            return Response(self._drawings[key], media_type="image/png", headers=headers)


def drawn(path: Path, title: str) -> bytes:
    """Return a picture of the sound in *path*, as PNG.

    Raises:
        Refused: it is no sound.
    """
    import soundfile

    from flowrun.models.picture.drawing import draw
    from flowrun.models.picture.spectrogram import Spectrogram

    try:
        with soundfile.SoundFile(path) as sound:
            rate_hz = int(sound.samplerate)
            frames = min(int(DRAWN_S * rate_hz), DRAWN_SAMPLES // sound.channels)
            samples = sound.read(frames, dtype="float32", always_2d=True).mean(axis=1)
    except (soundfile.LibsndfileError, OSError) as error:
        raise Refused(404, f"the recording cannot be read: {explain(error)}") from error
    if not len(samples):
        raise Refused(404, "the recording is empty: there is nothing to draw")
    picture = Spectrogram(rate_hz)
    picture.add(samples, 0)
    picture.finish()
    out = io.BytesIO()
    draw(title, picture, None).save(out, "png")
    return out.getvalue()
