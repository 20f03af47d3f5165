"""JSON lines."""

from __future__ import annotations

import json
from pathlib import Path

from reactivex import Observable

from flowrun.operators.sinks._table_file import TableFile
from flowrun.schemas.kernel import Sink, write_to
from flowrun.schemas.plain import plain
from flowrun.schemas.ports import Event, Levels, Metrics, Predictions, Rejected, Scores, StreamEnd
from flowrun.schemas.spec import operator

Item = Predictions | Scores | Levels | Event | Metrics | Rejected | StreamEnd


@operator
def jsonl(
    items: Observable[Predictions | Scores | Levels | Event | Metrics | Rejected | StreamEnd],
    *,
    path: Path,
    append: bool = False,
) -> Sink:
    """Write one JSON object per window, event, measurement of a training or dead letter, a line each.

    The file appears, whole, when the flow ends; `event_log` has each event at once. After a failure the lines so far
    are beside it, in `.NAME.rows`.

    Args:
        path: The file.
        append: Keep what the file has of other streams; a stream that comes again replaces its lines. Use it with the
            journal of a `directory`.
    """
    return write_to(items, lambda: _Writer(path, append))


class _Writer:
    def __init__(self, path: Path, append: bool) -> None:
        self.file = TableFile(path, stream_of, append=append)
        self.file.begin("")

    def write(self, item: Item) -> None:
        if isinstance(item, StreamEnd):
            self.file.end(item.stream)
            return
        for entry in plain(item):
            self.file.add(item.stream, json.dumps(entry, ensure_ascii=False, separators=(",", ":")))

    def close(self) -> None:
        self.file.close("")

    def abort(self) -> None:
        self.file.abort()


def stream_of(line: str) -> str | None:
    """Return the stream of a line, or None where it tells none.

    >>> stream_of('{"stream":"a.wav"}'), stream_of("# a comment")
    ('a.wav', None)
    """
    try:
        return str(json.loads(line)["stream"])
    except (ValueError, KeyError, TypeError):
        return None
