"""Which letter is sent next: what a courier has with it on its round."""

from __future__ import annotations

from collections import deque

from flowrun.models.outbox.box import Box
from flowrun.models.outbox.letter import Letter
from flowrun.operators._delivery.suspicion import Suspicion

AT_ONCE = 100  # letters read from the box


class Round:
    """The letters of *box* in their order; those that failed come again, one that is under suspicion behind the next.

    under_way: sent, and not acknowledged yet.
    """

    def __init__(self, box: Box) -> None:
        self.under_way: dict[int, Letter] = {}
        self.last = 0  # number of the last letter read
        self._box = box
        self._ahead: deque[Letter] = deque()  # read, but not sent yet
        self._suspicion = Suspicion()

    def take(self, window: int) -> Letter | None:
        """Return the letter to send now, and have it under way; None if *window* are, or if there is none."""
        suspect = self._suspicion.of
        first = next(iter(self.under_way.values()), suspect)
        alone = suspect or (first and self._suspicion.failures(first) > 1)  # to see which of them it is that fails
        if len(self.under_way) >= (1 if alone else window):
            return None
        letter = suspect if suspect and self._suspicion.proved else self._read() or suspect
        if letter:
            self.under_way[letter.number] = letter
        return letter

    def settle(self, number: int, *, taken: bool) -> Letter | None:
        """Return the letter that was taken, or refused; None if it is not under way."""
        letter = self.under_way.pop(number, None)
        if letter:
            self._suspicion.settled(letter, taken=taken)
        return letter

    def fail(self, *, suspect: bool) -> Letter | None:
        """Have all that is under way come again; return the letter that is poison, if this has shown that one is.

        Args:
            suspect: Whether the first of them may be the cause.
        """
        letters = sorted(self.under_way.values(), key=lambda letter: letter.number)
        again = [letter.number for letter in (*letters, *self._ahead, *filter(None, [self._suspicion.of]))]
        self.last = min(again, default=self.last + 1) - 1
        self.under_way.clear()
        self._ahead.clear()
        poison = None
        if letters and suspect:
            self._box.note_try(letters)
            poison = self._suspicion.failed(letters[0])
        if skipped := poison or self._suspicion.of:
            self.last = skipped.number
        return poison

    def suspect(self) -> Letter | None:
        """Return the letter under suspicion: it comes again behind the next one."""
        return self._suspicion.of

    def failures(self, letter: Letter) -> int:
        """Return how often *letter* failed."""
        return self._suspicion.failures(letter)

    def finished(self) -> bool:
        """Whether there is nothing more to send, or to wait for."""
        return not (self.under_way or self._ahead or self._suspicion.of) and not self._box.after(self.last, 1)

    def _read(self) -> Letter | None:
        if not self._ahead:
            self._ahead.extend(self._box.after(self.last, AT_ONCE))
        if not self._ahead:
            return None
        letter = self._ahead.popleft()
        self.last = letter.number
        return letter
