"""JSON lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from reactivex import Observable

from flowrun.operators.sinks._table_file import TableFile
from flowrun.schemas.kernel import Sink, write_to
from flowrun.schemas.ports import Event, Levels, Predictions, Rejected, Scores, StreamEnd, Windows
from flowrun.schemas.spec import operator

Item = Predictions | Scores | Levels | Event | Rejected | StreamEnd


@operator()
def jsonl(
    items: Observable[Predictions | Scores | Levels | Event | Rejected | StreamEnd], *, path: Path, append: bool = False
) -> Sink:
    """Write one JSON object per window, event or dead letter, a line each.

    The file appears, whole, when the flow ends. After a failure the lines so far are beside it, in `.NAME.rows`.

    Args:
        path: The file.
        append: Keep what the file has of other streams; a stream that comes again replaces its lines. Use it with the
            journal of a `directory`.
    """
    return write_to(items, lambda: _Writer(path, append))


class _Writer:
    def __init__(self, path: Path, append: bool) -> None:
        self.file = TableFile(path, lambda line: str(json.loads(line)["stream"]), append=append)
        self.file.begin("")

    def write(self, item: Item) -> None:
        if isinstance(item, StreamEnd):
            self.file.flush()
            return
        for entry in entries(item):
            self.file.add(item.stream, json.dumps(entry, ensure_ascii=False, separators=(",", ":")))

    def close(self) -> None:
        self.file.close("")

    def abort(self) -> None:
        self.file.abort()


def entries(item: Predictions | Scores | Levels | Event | Rejected) -> Iterator[dict[str, Any]]:
    """Yield what is written of *item*: one object per window, or one.

    >>> list(entries(Rejected("files", "a.wav", "the file is empty")))
    [{'stream': 'a.wav', 'step': 'files', 'error': 'the file is empty'}]
    """
    if isinstance(item, Event):
        fields = asdict(item)
        fields["heard_at"] = item.heard_at and _utc(item.heard_at)
        yield {"stream": fields.pop("stream"), **fields, "score": round(item.score, 6)}
    elif isinstance(item, Rejected):
        fields = {"stream": item.stream, "step": item.step, "start_s": item.start_s, "error": item.error}
        yield {key: value for key, value in fields.items() if value is not None}
    else:
        for i in range(len(item.at)):
            yield {**_window(item.at, i), **_content(item, i)}


def _content(item: Predictions | Scores | Levels, i: int) -> dict[str, Any]:
    if isinstance(item, Predictions):
        return {"predictions": [{"label": label, "score": round(score, 6)} for label, score in item.rows[i]]}
    if isinstance(item, Scores):
        return {"scores": [round(float(score), 6) for score in item.values[i]]}
    return {"level": round(float(item.values[i]), 3), "unit": item.unit}


def _window(at: Windows, i: int) -> dict[str, Any]:
    start_s = float(at.start_s[i])
    window: dict[str, Any] = {"stream": at.stream, "start_s": round(start_s, 6), "end_s": round(start_s + at.window_s, 6)}
    if at.began_at:
        window["heard_at"] = _utc(at.began_at + timedelta(seconds=start_s))
    return window


def _utc(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
