"""Events as the API shows them, and as it is asked for them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flowrun.models.history.kept import Kept, Question
from flowrun.operators._printable import printable
from flowrun.operators.sinks._web.endpoint import Refused
from flowrun.operators.sinks._web.shapes import TEXT, TIME, VERDICT
from flowrun.schemas.parameters import Schema
from flowrun.schemas.plain import utc

Data = dict[str, Any]
NUMBER_OF: Schema = {"type": "string", "pattern": "^[0-9]{1,18}$"}
FILTERS: dict[str, Schema] = {
    "label": TEXT,
    "stream": TEXT,
    "since": TIME,
    "until": TIME,
    "min_score": {"type": "number"},
    "verdict": VERDICT,
}


def as_data(event: Kept) -> Data:
    """Return an event as the API shows it: no path of this machine is in it."""
    heard = event.event
    return {
        "id": str(event.number),
        "stream": printable(heard.stream),
        "label": printable(heard.label),
        "score": round(heard.score, 6),
        "start_s": round(heard.start_s, 3),
        "end_s": round(heard.end_s, 3),
        "heard_at": heard.heard_at and utc(heard.heard_at),
        "told_at": utc(event.kept_at),
        "reason": printable(heard.reason),
        "clip": heard.clip is not None,
        "spectrogram": heard.clip is not None,
        "verdict": event.verdict,
    }


def question(query: Data) -> Question:
    """Return what the parameters of a request ask for.

    Raises:
        Refused: a time is none.
    """
    before = query.get("before")
    return Question(
        query.get("label"),
        query.get("stream"),
        _time(query, "since"),
        _time(query, "until"),
        query.get("min_score"),
        query.get("verdict"),
        None if before is None else int(before),
    )


def _time(query: Data, name: str) -> datetime | None:
    if name not in query:
        return None
    try:
        time = datetime.fromisoformat(query[name])
    except ValueError:
        raise Refused(400, f"parameter {name!r}: {query[name][:40]!r} is no time: write 2026-05-01T06:30:00Z") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
