"""Items as plain data: what files, tests and messages hold of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from flowrun.schemas.ports import (
    Audio,
    Embeddings,
    Event,
    Hits,
    Levels,
    Patches,
    Predictions,
    Rejected,
    Scores,
    Windowed,
    Windows,
)


def plain(item: Any) -> Iterator[dict[str, Any]]:
    """Yield what there is to tell of *item*: one object per window, or one.

    >>> list(plain(Rejected("files", "a.wav", "the file is empty")))
    [{'stream': 'a.wav', 'step': 'files', 'error': 'the file is empty'}]
    """
    if isinstance(item, Event):
        fields = asdict(item)
        fields["heard_at"] = item.heard_at and utc(item.heard_at)
        times = {"start_s": round(item.start_s, 6), "end_s": round(item.end_s, 6), "score": round(item.score, 6)}
        yield {"stream": fields.pop("stream"), **fields, **times}
    elif isinstance(item, Rejected):
        fields = {"stream": item.stream, "step": item.step, "start_s": item.start_s, "error": item.error}
        yield {key: value for key, value in fields.items() if value is not None}
    elif isinstance(item, Audio):
        seconds = len(item.samples) / item.rate_hz
        yield {
            "stream": item.stream,
            "start_s": round(item.start_s, 6),
            "seconds": round(seconds, 6),
            "rate_hz": item.rate_hz,
        }
    elif isinstance(item, Windowed):
        for i in range(len(item.at)):
            yield {**_window(item.at, i), **_content(item, i)}
    else:
        raise TypeError(f"{type(item).__name__} has no plain form")


def _content(item: Windowed, i: int) -> dict[str, Any]:
    if isinstance(item, Predictions):
        return {"predictions": [{"label": label, "score": round(score, 6)} for label, score in item.rows[i]]}
    if isinstance(item, Scores):
        return {"scores": [round(float(score), 6) for score in item.values[i]]}
    if isinstance(item, Levels):
        return {"level": round(float(item.values[i]), 3), "unit": item.unit}
    if isinstance(item, Hits):
        return {"active": [label for label, active in zip(item.labels, item.active[i], strict=True) if active]}
    if isinstance(item, Embeddings):
        return {"model": item.model, "embedding": [round(float(value), 6) for value in item.vectors[i]]}
    if isinstance(item, Patches):
        return {"mean": round(float(item.features[i].mean()), 6)}
    return {}


def _window(at: Windows, i: int) -> dict[str, Any]:
    start_s = float(at.start_s[i])
    window: dict[str, Any] = {
        "stream": at.stream,
        "start_s": round(start_s, 6),
        "end_s": round(start_s + at.window_s, 6),
    }
    if at.began_at:
        window["heard_at"] = utc(at.began_at + timedelta(seconds=start_s))
    return window


def utc(time: datetime) -> str:
    """Return a UTC time in ISO 8601 with milliseconds."""
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
