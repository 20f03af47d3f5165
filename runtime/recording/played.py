"""The blocks of a recording, as the flow got them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flowrun.runtime.recording.piece_sounds import PieceSounds
from flowrun.runtime.recording.recording import Recording, Row, rows
from flowrun.schemas.late import np
from flowrun.schemas.ports import Audio, Failed


@dataclass(slots=True)
class _Stream:
    source: str
    name: str
    rate_hz: int
    end: int = 0  # the sample after the last one that came
    torn: bool = False  # what comes next does not follow what came


@dataclass(slots=True)
class Played:
    """Plays *recording*; then it tells what was lacking.

    audio_s: how much sound there was. ends_s: when the last of it came, s after the recording began. lost_blocks,
    lost_events: what is known to be lacking. damaged: lines that could not be read.
    """

    recording: Recording
    audio_s: float = 0.0
    ends_s: float = 0.0
    lost_blocks: int = 0
    lost_events: int = 0
    damaged: int = 0
    streams: int = 0
    _streams: dict[int, _Stream] = field(default_factory=dict)

    def items(self) -> Iterator[tuple[str, Audio | Failed]]:
        """Yield what each source gave, in the order it came; where something is lacking, the next block is a gap."""
        before = 0
        for number, piece in self.recording.pieces.items():
            if number > before + 1:
                self._tear()
            before = number
            with PieceSounds(piece) as sounds:
                for row in rows(piece):
                    self.ends_s = row.told.get("arrived_s", self.ends_s)
                    yield from self._row(row, sounds)

    def _row(self, row: Row, sounds: PieceSounds) -> Iterator[tuple[str, Audio | Failed]]:
        told = row.told
        if row.kind == "damaged":
            self.damaged += 1
            self._tear()
        elif row.kind == "stream" and told["number"] not in self._streams:
            self._streams[told["number"]] = _Stream(told["source"], told["stream"], told["rate_hz"])
            self.streams += 1
        elif row.kind == "block":
            yield from self._block(told, sounds)
        elif row.kind == "failed":
            yield told["source"], Failed(told["stream"], ValueError(told["error"]), ends_stream=told["ends_stream"])
        elif row.kind == "lost":
            yield from self._lost(told)

    def _block(self, told: dict[str, Any], sounds: PieceSounds) -> Iterator[tuple[str, Audio | Failed]]:
        stream = self._streams.get(told["number"])
        if stream is None:  # the line that tells of it is damaged
            self.lost_blocks += 1
            return
        count, last = told["samples"], told["last"]
        samples = sounds.read(told["number"], told["at"], count) if count else np.zeros(0, np.float32)
        gap = told["gap"] or stream.torn
        if last:
            del self._streams[told["number"]]
            sounds.done(told["number"])
        if len(samples) < count:
            self.lost_blocks += 1
            stream.torn = True
            if not last:
                return
            samples, gap = samples[:0], True
        at = told["captured_at"] and datetime.fromisoformat(told["captured_at"])
        stream.torn, stream.end = False, told["start_sample"] + len(samples)
        self.audio_s += len(samples) / stream.rate_hz
        yield stream.source, Audio(samples, stream.rate_hz, stream.name, told["start_sample"], at, gap, last)

    def _lost(self, told: dict[str, Any]) -> Iterator[tuple[str, Audio | Failed]]:
        self.lost_blocks += told["blocks"]
        self.lost_events += told["events"]
        for number, stream in list(self._streams.items()):
            if (stream.source, stream.name) == (told["name"], told["stream"]):
                stream.torn = True
                if told["last"]:
                    del self._streams[number]
                    empty = np.zeros(0, np.float32)
                    yield stream.source, Audio(empty, stream.rate_hz, stream.name, stream.end, gap=True, last=True)

    def _tear(self) -> None:
        for stream in self._streams.values():
            stream.torn = True
