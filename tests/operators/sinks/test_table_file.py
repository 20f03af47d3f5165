"""A table is there whole or not at all, and holds each stream's rows once, whatever happens to the runs."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from flowrun.operators.sinks._table_file import TableFile
from flowrun.schemas.errors import DeliveryError


def stream_of(row: str) -> str:
    return row.partition(",")[0]


def table(path: Path, *, append: bool = True) -> TableFile:
    return TableFile(path, stream_of, append=append)


def add(file: TableFile, *rows: str, header: str = "stream,n") -> TableFile:
    file.begin(header)
    for row in rows:
        file.add(stream_of(row), row)
    return file


def write(path: Path, *rows: str, append: bool = True) -> None:
    add(table(path, append=append), *rows).close("stream,n")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "out" / "table.csv"


def names(path: Path) -> list[str]:
    return sorted(os.listdir(path.parent))


def test_the_table_appears_whole_when_it_is_closed(path: Path) -> None:
    file = add(table(path), "a,1", "b,1")
    assert names(path) == [".table.csv.rows"]
    file.close("stream,n")
    assert (path.read_text(), names(path)) == ("stream,n\na,1\nb,1\n", ["table.csv"])


def test_without_append_the_table_is_replaced(path: Path) -> None:
    write(path, "a,1")
    write(path, "b,1", append=False)
    assert path.read_text() == "stream,n\nb,1\n"


def test_a_stream_that_comes_again_replaces_its_rows_and_others_stay(path: Path) -> None:
    write(path, "a,1", "a,2", "b,1")
    write(path, "c,1", "a,3")
    assert path.read_text() == "stream,n\nb,1\nc,1\na,3\n"


def test_a_stream_that_comes_again_without_a_row_loses_its_old_ones(path: Path) -> None:
    write(path, "a,1", "b,1")
    file = table(path)
    file.end("a")
    file.close("stream,n")
    assert path.read_text() == "stream,n\nb,1\n"


def test_a_failure_leaves_the_table_as_it_was_and_the_rows_beside_it(path: Path) -> None:
    write(path, "a,1")
    add(table(path, append=False), "b,1").abort()
    assert path.read_text() == "stream,n\na,1\n"
    assert (path.parent / ".table.csv.rows").read_text() == "stream,n\nb,1\n"


def test_rows_that_a_killed_run_left_are_taken_over_but_for_the_torn_one(path: Path) -> None:
    write(path, "a,1", "b,1")
    (path.parent / ".table.csv.rows").write_text("stream,n\nb,2\nc,1\nd,")
    write(path, "c,2")
    assert path.read_text() == "stream,n\na,1\nb,2\nc,2\n"


def test_nothing_heard_is_a_table_with_its_header_or_as_it_was(path: Path) -> None:
    table(path).close("stream,n")
    assert path.read_text() == "stream,n\n"
    path.write_text("stream,other\na,1\n")
    table(path).close("stream,n")
    assert path.read_text() == "stream,other\na,1\n"
    table(path, append=False).close("stream,n")
    assert path.read_text() == "stream,n\n"


def test_a_table_with_other_columns_does_not_grow(path: Path) -> None:
    write(path, "a,1")
    file = table(path)
    with pytest.raises(DeliveryError, match="has the columns stream,n, not stream,label: write another file"):
        file.begin("stream,label")
    file.abort()
    assert path.read_text() == "stream,n\na,1\n"


def test_two_runs_at_once_are_refused(path: Path) -> None:
    first = add(table(path), "a,1")
    with pytest.raises(DeliveryError, match=r"table\.csv: another run is writing it"):
        table(path)
    first.close("stream,n")
    write(path, "b,1")
    assert path.read_text() == "stream,n\na,1\nb,1\n"


def test_a_full_disk_leaves_the_old_table_and_no_half_of_a_new_one(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(path, "a,1")
    file = add(table(path), "b,1")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        file.close("stream,n")
    assert path.read_text() == "stream,n\na,1\n"
    assert names(path) == [".table.csv.rows", "table.csv"]
    monkeypatch.undo()
    write(path, "c,1")  # there is room again: the rows were kept
    assert path.read_text() == "stream,n\na,1\nb,1\nc,1\n"


def test_a_link_stays_a_link_and_a_device_stays_a_device(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir()
    path.symlink_to(tmp_path / "real.csv")
    write(path, "a,1")
    assert path.is_symlink()
    assert (tmp_path / "real.csv").read_text() == "stream,n\na,1\n"
    with pytest.raises(OSError, match="not a regular file"):
        table(Path("/dev/null"))


def test_a_row_of_another_hand_is_kept(path: Path) -> None:
    unknown: Any = {"# a remark": None}
    first = TableFile(path, lambda row: unknown.get(row, row), append=True)
    first.begin("")
    first.add("a", "a")
    first.close("")
    path.write_text("# a remark\na\n")
    again = TableFile(path, lambda row: unknown.get(row, row), append=True)
    again.begin("")
    again.add("a", "a")
    again.close("")
    assert path.read_text() == "# a remark\na\n"


def test_a_run_that_fails_before_its_first_row_leaves_nothing_behind(tmp_path: Path) -> None:
    table = TableFile(tmp_path / "t.csv", lambda row: row.split(",")[0], append=False)
    table.begin("stream,score")
    table.abort()
    assert list(tmp_path.iterdir()) == []
