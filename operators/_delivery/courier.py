"""Carries the letters of a box to a receiver: in order, each until it is taken or refused."""

from __future__ import annotations

import logging
from collections.abc import Callable
from math import inf
from time import monotonic

from flowrun.models.outbox.backoff import Backoff
from flowrun.models.outbox.box import Box
from flowrun.models.outbox.letter import Letter
from flowrun.operators._delivery.link import Link, Refused, Unreachable
from flowrun.operators._delivery.round import Round
from flowrun.operators._delivery.told import Told
from flowrun.schemas.errors import explain
from flowrun.schemas.redaction import without_passwords
from flowrun.schemas.run import Run

IDLE_S = 0.5  # between two calls of `idle`
LISTEN_S = 0.02  # for acknowledgements, while more letters may come
PATIENCE_S = 120.0  # for an acknowledgement, of a link that does not notice that it waits in vain

log = logging.getLogger("flowrun.delivery")


class Courier:
    """Does in each `turn` what can be done; one thread calls it.

    Args:
        box: What there is to carry.
        link: What carries it.
        run: The run.
        backoff: Tells how long to rest after a failure.
        clock: Tells how much time has passed, s.
    """

    def __init__(
        self, box: Box, link: Link, run: Run, backoff: Backoff | None = None, clock: Callable[[], float] = monotonic
    ) -> None:
        self.resting_until = self._waiting_since = clock()
        self.failed = False  # since something was taken
        self._box, self._link, self._clock = box, link, clock
        self._backoff = backoff or Backoff()
        self._told = Told(box, run)
        self._round = Round(box)
        self._seen = 0  # news of the box
        self._open = False
        self._idle_at = -inf

    def turn(self) -> float:
        """Do what can be done; return how long to rest, s, 0 if there may be more to do."""
        self._seen = self._box.news
        if (rest_s := self.resting_until - self._clock()) > 0:
            self._told.update()
            return rest_s
        try:
            self._connect()
            self._send()
            busy = self._listen()
        except Unreachable as error:
            self._fail(error)
        except Exception as error:  # of a link: no reason to lose letters, and none to end the flow
            log.debug("a link failed", exc_info=error)
            self._fail(Unreachable(explain(error)))
        else:
            self._told.update()
            return 0.0 if busy else IDLE_S
        return self.resting_until - self._clock()

    def rest(self, seconds: float) -> None:
        """Rest, but not longer than until there is something to do."""
        resting = self.resting_until > self._clock()
        self._box.wait(None if resting else self._seen, seconds)

    def hurry(self) -> None:
        """Try at once, and soon again: there is not much time left."""
        self._backoff.reset()
        self.failed = False
        self.resting_until = self._clock()

    def finished(self) -> bool:
        """Whether there is nothing more to carry."""
        return self._round.finished()

    def close(self) -> None:
        """Let go of the connection."""
        self._link.close()

    def _connect(self) -> None:
        if self._open:
            return
        self._link.open()
        self._open = True
        if not self._told.link_fails or self.finished():  # else it has to take something first
            self._told.link("")

    def _send(self) -> None:
        while letter := self._round.take(self._link.window):
            if len(self._round.under_way) == 1:
                self._waiting_since = self._clock()
            try:
                self._link.send(letter)
            except Refused as refused:
                self._settle(letter.number, refused)

    def _listen(self) -> bool:
        """Take what is acknowledged; return whether there is more to do."""
        if not self._round.under_way:
            if self._clock() - self._idle_at >= IDLE_S:
                self._idle_at = self._clock()
                self._link.idle()
            return False
        full = len(self._round.under_way) >= self._link.window
        for number, refused in self._link.acknowledged(IDLE_S if full else LISTEN_S):
            self._settle(number, refused)
        if self._round.under_way and self._clock() - self._waiting_since > PATIENCE_S:
            raise Unreachable(f"it has acknowledged nothing for {PATIENCE_S:g} s")
        return True

    def _settle(self, number: int, refused: Refused | None) -> None:
        letter = self._round.settle(number, taken=refused is None)
        if letter is None:  # told twice
            return
        if refused is None:
            self._box.take_out(letter)
        else:
            self._bury(letter, str(refused))
        self._waiting_since = self._clock()
        self.failed = False
        self._backoff.reset()
        self._told.link("")

    def _fail(self, error: Unreachable) -> None:
        self._link.close()
        self._open, self.failed = False, True
        known = self._round.suspect()
        if poison := self._round.fail(suspect=error.suspect):
            tries = self._round.failures(poison)
            self._bury(poison, f"sent {tries} times in vain, while the one behind it is taken: {error}")
        rest_s = self._backoff.next(error.retry_after_s)
        if self._round.suspect() not in (None, known):  # the letter behind it at once, while all else is as it was
            rest_s = error.retry_after_s or 0.0
        self.resting_until = self._clock() + rest_s
        self._told.link(str(error))

    def _bury(self, letter: Letter, why: str) -> None:
        why = without_passwords(why)  # it is kept, and shown where nobody knows the flow's secrets
        self._box.bury(letter, why)
        self._told.refused(letter, why)
