"""The records of several files of examples in turn, and what is wrong with them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

from flowrun.models.examples.reading import Example, ExampleReader, MissingKey
from flowrun.models.examples.tfrecord import Damage, Record, read_records
from flowrun.operators._printable import printable
from flowrun.schemas.ports import Failed

Found = tuple[str, Record | Damage | OSError]  # a file, and what is in it
LOOKED_AT = 16  # records, before a name that none of them has is called wrong


def in_turn(names: Sequence[str], width: int) -> Iterator[Found]:
    """Yield the records of the files, a record of each of *width* files in turn; each with the name of its file.

    A file that ends makes room for the next one.
    """
    waiting = ((name, read_records(Path(name))) for name in names)
    turn = deque(islice(waiting, width))
    while turn:
        name, records = turn.popleft()
        try:
            record = next(records, None)
        except OSError as error:
            yield name, error
            record = None
        if record is None:
            turn.extendleft(islice(waiting, 1))
        else:
            yield name, record
            turn.append((name, records))


def names_checked(found: Iterator[Found], read: ExampleReader) -> Iterator[Found]:
    """Return *found*, after a look at the first records.

    Raises:
        ValueError: none of them is good, and one lacks a key or a feature: its name is wrong.
    """
    head = list(islice(found, LOOKED_AT))
    missing = []
    for path, record in head:
        if isinstance(record, Record):
            try:
                read(record.data)
            except MissingKey as error:
                missing.append(ValueError(f"{printable(path)}: {error}"))
            except ValueError:
                continue
            else:
                break
    else:
        if missing:
            raise missing[0]
    return chain(head, found)


def read_all(found: Iterable[Found], read: ExampleReader) -> Iterator[Example | Failed]:
    """Yield the example in each record, or what is wrong with it, of the stream that is its file."""
    for path, record in found:
        if isinstance(record, OSError):
            yield Failed(printable(path), record)
            continue
        try:
            if isinstance(record, Damage):
                raise ValueError(record.fault)
            yield read(record.data)
        except ValueError as error:
            file = printable(path)
            yield Failed(file, ValueError(f"{file}: record at byte {record.offset}: {error}"))
