"""Reads what is written of a recording, however it ended."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from flowrun.runtime.recording import manifest
from flowrun.runtime.recording.piece import LOG
from flowrun.schemas.errors import FlowrunError

# What a line of each kind must tell, and as what: a recording may come from anywhere.
NEEDED = {
    "stream": {"number": int, "source": str, "stream": str, "rate_hz": int},
    "block": {
        "number": int,
        "at": int,
        "samples": int,
        "start_sample": int,
        "gap": bool,
        "last": bool,
        "arrived_s": float,
    },
    "failed": {"source": str, "stream": str, "error": str, "ends_stream": bool, "arrived_s": float},
    "event": {"step": str, "event": dict, "arrived_s": float},
    "lost": {"name": str, "stream": str, "blocks": int, "events": int, "last": bool},
}


class Row(NamedTuple):
    """A line of a log: its kind, and what it tells. A line that is damaged is of the kind "damaged"."""

    kind: str
    told: dict[str, Any]


class Recording:
    """The recording in *folder*.

    Raises:
        FlowrunError: it is none, or nothing of it is left.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest = manifest.read(folder)
        pieces = folder / manifest.PIECES
        found = [piece for piece in pieces.iterdir() if piece.name.isdecimal()] if pieces.is_dir() else []
        self.pieces = dict(sorted((int(piece.name), piece) for piece in found))  # by number, from 1
        if not self.pieces:
            raise FlowrunError(f"{folder}: no piece of the recording is left")

    @property
    def missing(self) -> list[int]:
        """The numbers of the pieces that are not there any more."""
        ended = self.manifest.ended
        return [
            number
            for number in range(1, max(ended.pieces if ended else 0, *self.pieces) + 1)
            if number not in self.pieces
        ]

    def events(self) -> dict[str, list[dict[str, Any]]]:
        """Return the events of each step that gives any, in the order they came."""
        told: dict[str, list[dict[str, Any]]] = {step: [] for step in self.manifest.events}
        for piece in self.pieces.values():
            for row in rows(piece):
                if row.kind == "event":
                    told.setdefault(row.told["step"], []).append(row.told["event"])
        return told


def rows(piece: Path) -> Iterator[Row]:
    """Yield the lines of the log of a piece; one that breaks off, because the writing did, is left out."""
    try:
        text = (piece / LOG).read_bytes()
    except OSError:
        yield Row("damaged", {})
        return
    *lines, _ = text.split(b"\n")
    for line in lines:
        try:
            told = json.loads(line)
            kind = told.pop("kind")
            good = all(isinstance(told[key], of) for key, of in NEEDED[kind].items())
        except (ValueError, KeyError, TypeError, AttributeError):
            good = False
        yield Row(kind, told) if good else Row("damaged", {})
