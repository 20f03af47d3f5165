"""Whose sounds a model was trained on: the table `data.csv` of its bundle."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from flowrun.schemas.errors import ModelError


class Source(NamedTuple):
    """A file that a model was trained on, and whose it is."""

    collection: str
    file: str
    author: str
    licence: str


def read_credits(table: Path) -> list[Source]:
    """Return the rows of a table with a line for each file.

    Raises:
        ModelError: a column is missing.
    """
    with table.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        missing = [column for column in Source._fields if column not in (reader.fieldnames or ())]
        if missing:
            raise ModelError(f"{table}: the column {missing[0]!r} is missing; it needs {', '.join(Source._fields)}")
        return [Source(*(row[column] for column in Source._fields)) for row in reader]


def data_credits(rows: Sequence[Source]) -> str:
    """Return the collections and licences, and the authors where their licence asks for that, in Markdown."""
    files = Counter((row.collection, row.licence) for row in rows)
    authors: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows:
        authors[row.collection, row.licence].add(row.author)
    lines = [f"{len(rows):,} files; `data.csv` names each with its author, its licence and where it is from.", ""]
    lines += ["| collection | licence | files | authors |", "|---|---|---|---|"]
    lines += [f"| {c} | {lic} | {n:,} | {len(authors[c, lic]):,} |" for (c, lic), n in sorted(files.items())]
    for (collection, licence), named in sorted(authors.items()):
        if asks_for_names(licence):
            told = ", ".join(_escaped(author) for author in sorted(filter(None, named), key=str.casefold))
            lines += ["", f"{collection}, {licence}: {told}."]
    return "\n".join(lines)


def asks_for_names(licence: str) -> bool:
    """Return whether a licence asks for the author to be named: all but those that give every right away.

    >>> asks_for_names("CC BY 4.0"), asks_for_names("CC0 1.0"), asks_for_names("Public domain")
    (True, False, False)
    """
    return not licence.casefold().startswith(("cc0", "public domain"))


def _escaped(text: str) -> str:
    return "".join(f"\\{letter}" if letter in "\\`*_[]<>|#" else letter for letter in text)
