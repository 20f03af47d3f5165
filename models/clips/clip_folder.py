"""A folder of recordings, each with a sidecar that tells what is in it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from flowrun.models.atomic_file import atomic_file
from flowrun.models.clips.naming import named
from flowrun.models.clips.retention import Limits, Retention, free_bytes, sidecar_of
from flowrun.schemas.event import as_data, utc
from flowrun.schemas.late import np
from flowrun.schemas.ports import Event

if TYPE_CHECKING:
    from numpy.typing import NDArray

Format = Literal["wav", "flac"]


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """What is to be written.

    samples: float32, shape (n,), full scale [-1, 1]. at: what its name says. names: the other fields of the template.
    facts: what its sidecar tells, beside the *events* that it is kept of.
    """

    samples: NDArray[np.float32]
    rate_hz: int
    at: datetime
    names: Mapping[str, str]
    facts: Mapping[str, Any]
    events: Sequence[Event] = ()


class ClipFolder:
    """Writes recordings, and removes the oldest where there are too many.

    Args:
        folder: Where they go.
        template: Their names, without suffix; see `flowrun.models.clips.naming`.
        audio_format: WAV or FLAC, of 16 bit.
        limits: What may be kept.
        free: Tells how many bytes are free on the disk of a folder.
    """

    def __init__(
        self,
        folder: Path,
        template: str,
        audio_format: Format,
        limits: Limits,
        free: Callable[[Path], int] = free_bytes,
    ) -> None:
        self._folder = folder
        self._template = template
        self._format = audio_format
        self._retention = Retention(folder, limits, free)

    def expire(self, now: datetime) -> None:
        """Remove what is too old."""
        self._retention.expire(now)

    def write(self, clip: Clip, now: datetime) -> Path:
        """Write a recording and its sidecar, and return its path; there are both, whole, or neither.

        Raises:
            OSError: it cannot be written, or there is no room for it.
        """
        sound = encoded(clip.samples, clip.rate_hz, self._format)
        path = self._new_path(clip)
        told = {"clip": path.name, "written_at": utc(now), "rate_hz": clip.rate_hz, "samples": len(clip.samples)}
        told |= clip.facts
        if clip.events:
            told["events"] = [as_data(replace(event, clip=str(path))) for event in clip.events]
        text = (json.dumps(told, indent=1, ensure_ascii=False) + "\n").encode(errors="replace")
        try:
            self._retention.expire(now)
            self._retention.make_room(len(sound) + len(text))
            with atomic_file(sidecar_of(path), "wb") as out:  # first: who waits for the sound finds it told
                out.write(text)
            with atomic_file(path, "wb") as out:
                out.write(sound)
        except BaseException:
            sidecar_of(path).unlink(missing_ok=True)
            raise
        self._retention.add(now, path, len(sound) + len(text))
        return path

    def _new_path(self, clip: Clip) -> Path:
        """Return a path that is free, and take it by an empty sidecar: copies of a step write at the same time."""
        stem = self._folder / named(self._template, clip.at, clip.names)
        stem.parent.mkdir(parents=True, exist_ok=True)
        number = 0
        while True:
            number += 1
            path = stem.with_name(f"{stem.name}{f'-{number}' if number > 1 else ''}.{self._format}")
            with suppress(FileExistsError):
                sidecar_of(path).open("xb").close()
                if not path.exists():
                    return path
                sidecar_of(path).unlink()  # a recording of someone else, which has none


def encoded(samples: NDArray[np.float32], rate_hz: int, audio_format: Format) -> bytes:
    """Return a file of 16 bit: what came as 16 bit is the same, bit by bit.

    >>> encoded(np.array([0.5], np.float32), 16000, "wav")[-2:].hex()
    '0040'
    """
    import soundfile

    whole = np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0) * np.float32(32768)
    out = io.BytesIO()  # libsndfile's own writing to a full disk tells nothing but "System error"
    pcm = np.rint(whole).clip(-32768, 32767).astype(np.int16)
    soundfile.write(out, pcm, rate_hz, format=audio_format.upper(), subtype="PCM_16")
    return out.getvalue()
