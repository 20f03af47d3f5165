"""Poison: a letter that fails again and again without being refused, while others would be taken.

After several failures the letter behind it is tried. If the receiver takes that one and fails on the first once more,
the first is poison. If it takes neither, it is the receiver that fails, and the order stays as it is.
"""

from __future__ import annotations

from flowrun.models.outbox.letter import Letter

PATIENCE = 8  # failures of a letter before the one behind it is tried
AGAIN = 4  # further failures before the next try of that kind


class Suspicion:
    """The letter under suspicion, if any. proved: one behind it was taken."""

    def __init__(self) -> None:
        self.of: Letter | None = None
        self.proved = False
        self._failures: dict[int, int] = {}

    def failures(self, letter: Letter) -> int:
        """Return how often a letter failed."""
        return self._failures.get(letter.number, letter.tries)

    def failed(self, letter: Letter) -> Letter | None:
        """Note that a letter failed, the first of those under way; return the one that is poison, if one is."""
        suspect, proved = self.of, self.proved
        self.of, self.proved = None, False
        if suspect and suspect.number != letter.number:  # the one behind it fails too: it is the receiver
            return None
        count = self._failures[letter.number] = self.failures(letter) + 1
        if suspect and proved:
            return suspect
        if count >= PATIENCE and (count - PATIENCE) % AGAIN == 0:
            self.of = letter
        return None

    def settled(self, letter: Letter, *, taken: bool) -> None:
        """Note that the receiver has taken a letter, or refused it."""
        self._failures.pop(letter.number, None)
        if self.of and letter.number == self.of.number:
            self.of, self.proved = None, False
        elif self.of and taken:
            self.proved = True
