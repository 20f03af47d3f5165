"""A piece of a recording: a folder with the sound of each stream, and a log of what came when.

It can be read without the others, so the oldest may be deleted. A line of the log is written after the samples that
it tells of: whatever ends the writing, what the log tells is there.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from flowrun.models.recording.compaction import compacted
from flowrun.models.recording.growing_file import GrowingFile
from flowrun.models.recording.growing_wav import GrowingWav
from flowrun.runtime.recording.entries import Lost, Told
from flowrun.schemas.errors import explain
from flowrun.schemas.plain import plain
from flowrun.schemas.ports import Audio, Failed
from flowrun.schemas.redaction import without_passwords

LOG = "log.jsonl"


class Piece:
    """Writes the piece in *folder*, which began at *began_s*.

    Raises:
        OSError: it cannot be made.
    """

    def __init__(self, folder: Path, began_s: float) -> None:
        folder.mkdir(exist_ok=True)  # a full disk may have left one without a log
        self._folder = folder
        self._log = GrowingFile(folder / LOG)
        self._sounds: dict[int, GrowingWav] = {}
        self._told: set[int] = set()
        self.began_s = began_s
        self.longest_s = 0.0  # of the sounds

    def block(self, number: int, source: str, block: Audio, arrived_s: float) -> None:
        """Add a block of the stream *number*."""
        if number not in self._told:
            told = {"number": number, "source": source, "stream": block.stream, "rate_hz": block.rate_hz}
            self._write("stream", told)
            self._told.add(number)
        at = self._sound(number, block) if len(block.samples) else 0
        told = {"number": number, "at": at, "samples": len(block.samples), "start_sample": block.start_sample}
        captured_at = block.captured_at and block.captured_at.isoformat()
        told |= {"captured_at": captured_at, "gap": block.gap, "last": block.last, "arrived_s": arrived_s}
        self._write("block", told)
        if block.last and number in self._sounds:
            self._finish(self._sounds.pop(number))

    def failed(self, source: str, failed: Failed, arrived_s: float) -> None:
        """Add a failure of a source."""
        told = {"source": source, "stream": failed.stream, "error": without_passwords(explain(failed.error))}
        self._write("failed", told | {"ends_stream": failed.ends_stream, "arrived_s": arrived_s})

    def event(self, told: Told) -> None:
        """Add an event."""
        (event,) = plain(told.event)
        self._write("event", {"step": told.step, "event": event, "arrived_s": told.arrived_s})

    def lost(self, lost: Lost) -> None:
        """Add that something could not be added."""
        told = {"name": lost.name, "stream": lost.stream, "blocks": lost.blocks, "samples": lost.samples}
        self._write("lost", told | {"events": lost.events, "last": lost.last})

    def sync(self) -> None:
        """Have what was added survive a power failure.

        Raises:
            OSError: it may not.
        """
        for wav in self._sounds.values():
            wav.sync()
        self._log.sync()

    def close(self) -> None:
        """Complete the files: nothing more will come."""
        for wav in self._sounds.values():
            self._finish(wav)
        with suppress(OSError):  # the system writes it when it can
            self._log.sync()
        self._log.close()

    def _write(self, kind: str, told: dict[str, Any]) -> None:
        self._log.append(json.dumps({"kind": kind, **told}, separators=(",", ":")).encode() + b"\n")

    def _sound(self, number: int, block: Audio) -> int:
        """Add the samples of a block to its file; return where they begin."""
        if number not in self._sounds:
            self._sounds[number] = GrowingWav(self._folder / f"{number}.wav", block.rate_hz)
        at = self._sounds[number].append(block.samples)
        self.longest_s = max(self.longest_s, (at + len(block.samples)) / block.rate_hz)
        return at

    def _finish(self, wav: GrowingWav) -> None:
        with suppress(OSError):  # it stays the WAV file that it is
            wav.sync()
            compacted(wav.path)
        wav.close()
