"""What is to be written to an outbox; whoever uses it holds the outbox's lock."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from flowrun.models.outbox.letter import Letter
from flowrun.models.outbox.rows import Changes

AT_ONCE = 1_000  # letters of a transaction


class Pending(NamedTuple):
    """A letter that is not on the disk yet; revived: its number as a dead letter, if it was one."""

    step: str
    letter: Letter
    revived: int | None = None


class Ledger:
    """The changes that are not on the disk yet.

    gone: numbers of letters taken by their receivers. dead: of those refused, with the step and why.
    tried: of those sent in vain.
    """

    def __init__(self) -> None:
        self.pending: dict[int, Pending] = {}  # in their order
        self.gone: set[int] = set()
        self.dead: dict[int, tuple[str, str]] = {}
        self.tried: list[int] = []
        self.number = 0  # the last one given

    def add(self, step: str, letter: Letter, revived: int | None = None) -> Letter:
        """Take a letter, under the next number."""
        self.number += 1
        given = Letter(self.number, letter.id, letter.body, letter.at, letter.tries)
        self.pending[given.number] = Pending(step, given, revived)
        return given

    def settled(self, number: int) -> bool:
        """Whether a letter waits no longer, even if it is still on the disk."""
        return number in self.gone or number in self.dead

    def unwritten(self, step: str, number: int) -> Iterator[Letter]:
        """Yield the letters of *step* behind *number* that are not on the disk."""
        return (p.letter for p in self.pending.values() if p.step == step and p.letter.number > number)

    def sent_unwritten(self) -> list[Pending]:
        """Remove and return the letters that were taken by their receivers before the disk took them."""
        found = [self.pending.pop(number) for number in sorted(self.gone & self.pending.keys())]
        self.gone -= {pending.letter.number for pending in found}
        return found

    def changes(self) -> Changes:
        """Return what to write next: new letters, and what becomes of old ones."""
        batch = list(islice(self.pending.values(), AT_ONCE))
        return Changes(
            tuple((pending.step, pending.letter) for pending in batch),
            tuple(pending.revived for pending in batch if pending.revived is not None),
            tuple(self.tried),
            tuple(self.gone),
            tuple((number, reason) for number, (_, reason) in self.dead.items()),
        )

    def written(self, changes: Changes) -> None:
        """Forget what has been written."""
        for _, letter in changes.letters:
            del self.pending[letter.number]
        self.gone.difference_update(changes.gone)
        for number, _ in changes.dead:
            del self.dead[number]
        del self.tried[: len(changes.tried)]

    def __bool__(self) -> bool:
        return bool(self.pending or self.gone or self.dead or self.tried)
