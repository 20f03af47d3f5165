"""Events in Parquet, a file for each day.

FOLDER/date=2026-11-22/events.parquet    the events of a day, whole and never half written
FOLDER/date=2026-11-22/.events.jsonl     what has come since that was written; readers of Parquet pass over it
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from flowrun.models.atomic_file import atomic_file
from flowrun.models.durable_lines import append_lines
from flowrun.models.lock import locked
from flowrun.operators.sinks._on_demand import on_demand
from flowrun.schemas.event import FIELDS

FILE, JOURNAL = "events.parquet", ".events.jsonl"


class ParquetDays:
    """The days in *folder*; several processes may write to it at once.

    Raises:
        flowrun.schemas.errors.DeliveryError: PyArrow is not installed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._arrow = on_demand("pyarrow", "parquet_log", "parquet")
        self._parquet = on_demand("pyarrow.parquet", "parquet_log", "parquet")
        self._compute = on_demand("pyarrow.compute", "parquet_log", "parquet")
        self._schema = schema(self._arrow)

    def add(self, date: str, lines: Sequence[str]) -> None:
        """Have events, each a line of JSON, survive whatever happens.

        Raises:
            OSError: the disk does not take them.
        """
        with locked(self._folder, lambda: None):
            append_lines(self._folder / f"date={date}" / JOURNAL, lines)

    def merge(self) -> None:
        """Write the file of each day to which events were added, also by a run that was interrupted.

        Raises:
            OSError: the disk does not take one.
            ValueError: a file that is there is none of ours.
        """
        for journal in sorted(self._folder.glob(f"date=*/{JOURNAL}")):
            with locked(self._folder, lambda: None), suppress(FileNotFoundError):  # another process has just done it
                self._merge(journal, journal.with_name(FILE))

    def _merge(self, journal: Path, path: Path) -> None:
        rows = _rows(journal)
        if rows:
            table = self._arrow.Table.from_pylist(rows, schema=self._schema)
            if path.exists():
                table = self._arrow.concat_tables([self._others(path, table["id"]), table])
            with atomic_file(path, "wb") as out:
                self._parquet.write_table(table, out, compression="zstd")
        journal.unlink()  # after a crash before this its events come again, under the same ids

    def _others(self, path: Path, ids: Any) -> Any:
        try:
            old = self._parquet.ParquetFile(path).read().cast(self._schema)
        except ValueError as error:
            raise ValueError(f"{path} is no file of ours, move it away: {error}") from error
        return old.filter(self._compute.invert(self._compute.is_in(old["id"], value_set=ids.combine_chunks())))


def schema(arrow: Any) -> Any:
    """Return the columns of a file: the fields of an event, of which those may be missing that may be null."""
    number, text = arrow.float64(), arrow.string()
    types = {"version": arrow.int32(), "score": number, "start_s": number, "end_s": number}
    types["heard_at"] = arrow.timestamp("ms", tz="UTC")
    nullable = {name for name, rule in FIELDS.items() if "null" in rule.get("type", ())}
    return arrow.schema([arrow.field(name, types.get(name, text), nullable=name in nullable) for name in FIELDS])


def _rows(journal: Path) -> list[dict[str, Any]]:
    """Return the events in *journal*, of those with the same id the last; a line that a crash has cut is left out."""
    rows: dict[str, dict[str, Any]] = {}
    for line in journal.read_bytes().splitlines():
        with suppress(ValueError):
            row = json.loads(line)
            row["heard_at"] = row["heard_at"] and datetime.fromisoformat(row["heard_at"])
            rows[row["id"]] = row
    return list(rows.values())
