"""Recordings that a list names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypedDict, cast

from reactivex import Observable

from flowrun.models.examples.csv_table import read_table
from flowrun.operators._printable import printable
from flowrun.operators.sources._reading import Cut, read_blocks
from flowrun.schemas.kernel import produce, split
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Audio, Credit, Failed
from flowrun.schemas.run import Run
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import Mismatch, StreamInfo, nearest

Row = dict[str, str]
Values = str | list[str]


class CreditColumns(TypedDict):
    """The columns that tell who made a recording, under which terms it may be used, and where it comes from.

    Of several columns the first one counts that holds something.
    """

    author: Values
    licence: Values
    source: Values


class Outputs(NamedTuple):
    """The recordings, and whose they are."""

    audio: Observable[Audio]
    credits: Observable[Credit]


def _info(
    *,
    list: Path,
    column: str,
    where: dict[str, Values] | None,
    credit: CreditColumns | None,
    name: str | None,
    **_: Any,
) -> StreamInfo:
    wanted: Sequence[tuple[str, tuple[str, ...]]] = [
        (column, ("column",)),
        *((key, ("where", key)) for key in where or {}),
        *((name, ("credit", key)) for key, value in (credit or {}).items() for name in _listed(cast(Values, value))),
    ]
    if not list.is_file():  # that is told by who checks the paths
        return StreamInfo(stream=name or list.stem)
    try:
        known = read_table(list).columns
    except ValueError as error:
        raise Mismatch(str(error), "list") from None
    for text, path in wanted:
        if text not in known:
            raise Mismatch(f"{list} has no column {text!r}", *path, remedy=nearest(text, known))
    return StreamInfo(stream=name or list.stem)


@operator(info=_info, on_error="skip")
def sound_list(
    *,
    list: Annotated[Path, Field(exists="file")],
    folder: Annotated[Path | None, Field(exists="folder")] = None,
    column: str = "file",
    where: dict[str, Values] | None = None,
    credit: CreditColumns | None = None,
    name: str | None = None,
    block_s: Annotated[float, Field("s", gt=0, le=600)] = 60.0,
    run: Run,
) -> Outputs:
    """Read the recordings that a CSV list names, one stream each, and tell whose they are.

    The list has a line for each recording below a line of column names. What the list says of a recording decides
    whether it is read: by `where`, one whose licence, fold or kind is not wanted never gets in. The credits are read
    with `from: STEP.credits`.

    Args:
        list: The list.
        folder: Where the recordings lie; without it, beside the list.
        column: The column with the file's path inside the folder.
        where: Which recordings, as columns and the values, or lists of values, that are wanted in them.
        credit: The columns with the author, the licence and the source of a recording; of several in a list the first
            that holds something. Without it there are no credits.
        name: Name of the collection, which the names of its streams begin with; without it that of the list.
        block_s: How much is read at a time.
    """
    within = folder or list.parent
    collection = name or list.stem
    cut = Cut(block_s)

    def items() -> Iterator[Audio | Credit | Failed]:
        rows = [row for _, row in read_table(list).lines if _wanted(row, where or {})]
        if not rows:
            raise ValueError(f"no recording in {list} is wanted: look at `where`")
        run.expect(streams=len(rows))
        for row in rows:
            if run.stopping.is_set():
                return
            if not run.claim(row[column]):
                continue
            stream = printable(f"{collection}/{row[column]}")
            if credit is not None:
                told = (_first(row, credit[key]) for key in ("author", "licence", "source"))
                yield Credit(stream, *told)
            yield from read_blocks(within / row[column], stream, cut, run.stopping)

    return Outputs(*split(produce(items), Audio, Credit))


def _wanted(row: Row, where: dict[str, Values]) -> bool:
    """Return whether a line of the list has what is wanted.

    >>> _wanted({"fold": "1", "licence": "CC0"}, {"fold": ["1", "2"], "licence": "CC0"})
    True
    """
    return all(row[key] in _listed(value) for key, value in where.items())


def _first(row: Row, columns: Values) -> str:
    return next((row[column] for column in _listed(columns) if row[column]), "")


def _listed(value: Values) -> list[str]:
    return [value] if isinstance(value, str) else value
