"""An event of a history, and what to ask a history for."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

from flowrun.schemas.ports import Event

Verdict = Literal["right", "wrong"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
COLUMNS = "number, revision, id, stream, label, score, start_s, end_s, heard_at, clip, reason, kept_at, verdict"


@dataclass(frozen=True, slots=True)
class Kept:
    """An event that was kept.

    number: its place in the history, which only grows; it names the event. revision: rises with each change of any.
    kept_at: when it was told, UTC. verdict: what somebody who listened to it said of it.
    """

    number: int
    revision: int
    event: Event
    kept_at: datetime
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """Which events are asked for; what is None asks for nothing. before: the number of an event, those told earlier.

    since, until: when they were heard or, where that is not known, told.
    """

    label: str | None = None
    stream: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    min_score: float | None = None
    verdict: Verdict | None = None
    before: int | None = None

    def conditions(self) -> tuple[str, list[Any]]:
        """Return a condition of SQL, and its values.

        >>> Question(label="Glass", before=7).conditions()
        ('label = ? AND number < ?', ['Glass', 7])
        """
        asked = [
            ("label = ?", self.label),
            ("stream = ?", self.stream),
            ("coalesce(heard_at, kept_at) >= ?", self.since and self.since.timestamp()),
            ("coalesce(heard_at, kept_at) < ?", self.until and self.until.timestamp()),
            ("score >= ?", self.min_score),
            ("verdict = ?", self.verdict),
            ("number < ?", self.before),
        ]
        wanted = [(condition, value) for condition, value in asked if value is not None]
        return " AND ".join(condition for condition, _ in wanted) or "1", [value for _, value in wanted]


def kept(row: tuple[Any, ...]) -> Kept:
    """Return the event in a row of `COLUMNS`."""
    number, revision, name, stream, label, score, start_s, end_s, heard_at, clip, reason, kept_at, verdict = row
    path = None if clip is None else os.fsdecode(clip)
    heard = None if heard_at is None else _time(heard_at)
    times = float(start_s), float(end_s)  # SQLite gives whole numbers as integers where it returns what it wrote
    event = Event(name, stream, label, float(score), *times, heard, path, reason)
    return Kept(number, revision, event, _time(kept_at), verdict)


def values(event: Event) -> dict[str, Any]:
    """Return what to write of *event*, by column."""
    return {
        "id": _text(event.id),
        "stream": _text(event.stream),
        "label": _text(event.label),
        "score": float(event.score),
        "start_s": float(event.start_s),
        "end_s": float(event.end_s),
        "heard_at": event.heard_at and event.heard_at.timestamp(),
        "clip": event.clip and os.fsencode(Path(event.clip).absolute()),
        "reason": _text(event.reason),
    }


def _text(text: str) -> str:
    """Return *text*, which may come from the name of a file, with bytes in it that are no characters as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
