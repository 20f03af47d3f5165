"""What is written to the tables of an outbox, and what their rows are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from flowrun.models.outbox.letter import DeadLetter, Letter

LETTER = "number, id, body, at, tries"
DEAD = f"{LETTER}, step, died_at, reason, retry"


@dataclass(frozen=True, slots=True)
class Changes:
    """What is written in one transaction.

    letters: new ones, each with its step. revived: numbers that some of them had as dead letters. tried: numbers of
    those sent and not acknowledged. gone: of those taken. dead: of those refused, each with the reason.
    """

    letters: tuple[tuple[str, Letter], ...] = ()
    revived: tuple[int, ...] = ()
    tried: tuple[int, ...] = ()
    gone: tuple[int, ...] = ()
    dead: tuple[tuple[int, str], ...] = ()


class Removed(NamedTuple):
    """A letter that is no longer there: of which step, and the bytes of its body."""

    step: str
    size: int


def letter_of(row: tuple[Any, ...]) -> Letter:
    """Return the letter whose columns *row* begins with."""
    number, name, body, at, tries = row[:5]
    return Letter(number, name, body, datetime.fromtimestamp(at, UTC), tries)


def dead_of(row: tuple[Any, ...]) -> DeadLetter:
    """Return the dead letter whose columns *row* holds."""
    step, died_at, reason, retry = row[5:]
    return DeadLetter(letter_of(row), step, datetime.fromtimestamp(died_at, UTC), reason, bool(retry))
