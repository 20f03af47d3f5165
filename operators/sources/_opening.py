"""Opening an audio file, or saying in one line why it cannot be read."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import soundfile

MIN_RATE_HZ, MAX_RATE_HZ = 100, 4_000_000
UNKNOWN_FRAMES = 1 << 62  # libsndfile gives about 2**63 for a stream whose header does not tell its length


def opened(path: Path) -> soundfile.SoundFile:
    """Open *path* for reading from its beginning to its end.

    Raises:
        ValueError: it is no audio file, or a broken one.
    """
    import soundfile

    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            # Opening a pipe would wait for its other end, perhaps for ever.
            raise ValueError("is a folder" if stat.S_ISDIR(status.st_mode) else "is a pipe or a device, not a file")
        if status.st_size == 0:
            raise ValueError("the file is empty (0 bytes)")
        with open(path, "rb"):  # tells why it may not be read, which libsndfile does not
            pass
        file = soundfile.SoundFile(os.fsencode(path))
    except OSError as error:
        raise ValueError(error.strerror or str(error)) from None
    except (soundfile.LibsndfileError, TypeError) as error:
        raise ValueError(reason(error)) from None
    # soundfile would seek after each read, and a seek makes the MP3 decoder lose what it carries from frame to frame.
    file.seekable = lambda: False
    return file


def probe(path: Path) -> tuple[int, int] | None:
    """Return the rate and the number of samples that the header of *path* tells, or None where it tells no sense."""
    try:
        with opened(path) as file:
            check_header(file)
            return int(file.samplerate), int(file.frames)
    except ValueError:
        return None


def check_header(file: soundfile.SoundFile, channel: int | None = None) -> None:
    """Refuse a file without sound, or without *channel*.

    Raises:
        ValueError: with the reason.
    """
    if not MIN_RATE_HZ <= file.samplerate <= MAX_RATE_HZ:
        raise ValueError(f"its header says {file.samplerate} Hz, which is no audio")
    if file.frames <= 0:
        raise ValueError("has no samples")
    if channel and channel > file.channels:
        count = f"{file.channels} channel{'s' * (file.channels > 1)}"
        raise ValueError(f"has {count}, so there is no channel {channel}")


def reason(error: Exception) -> str:
    """Return what libsndfile says about a file, in words that help its owner."""
    text = " ".join(str(getattr(error, "error_string", error)).split()).rstrip(".")
    strange = ("not recognised", "unknown format", "samplerate must be specified", "is not a regular file")
    if not text or any(words in text.lower() for words in strange):
        return "not an audio file that libsndfile reads"
    return f"its header is damaged ({text})" if text.startswith("Internal error") else text
