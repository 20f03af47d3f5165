"""The events of one step, from the step's thread into the outbox, and by another thread to the receiver."""

from __future__ import annotations

from threading import Event as Flag
from threading import Thread
from time import monotonic

from flowrun.models.outbox.letter import Limits
from flowrun.models.outbox.outbox import Outbox
from flowrun.models.outbox.place import outbox_file
from flowrun.operators._delivery.courier import Courier
from flowrun.operators._delivery.link import Link
from flowrun.schemas.run import Run

MARGIN_S = 1.0  # of the grace, left to what follows
FLUSH_S = 5.0  # for a disk that is slow


class Dispatch:
    """Takes events until `end`.

    Raises:
        DeliveryError: the outbox cannot be opened.
    """

    def __init__(self, link: Link, run: Run, limits: Limits) -> None:
        outbox = run.share("outbox", lambda: Outbox(outbox_file(run.state_folder, run.health().flow), run.warn))
        self._run = run
        self._box = outbox.box(run.step, limits, run.delivery(), run.warn)
        self._courier = Courier(self._box, link, run)
        self._finishing, self._abandoned = Flag(), Flag()
        self._since = monotonic()  # of the end
        self._thread = Thread(target=self._carry, name=f"{run.step}: delivery", daemon=True)
        self._thread.start()

    def put(self, name: str, body: bytes) -> None:
        """Take an event, by its id and as JSON."""
        self._box.put(name, body)

    def end(self) -> int:
        """Deliver what the time that is left allows; return how many events are lost: the disk did not take them."""
        self._box.flush(FLUSH_S)
        self._since = monotonic()
        self._finishing.set()
        self._box.wake()
        while self._thread.is_alive() and not self._late():
            self._thread.join(0.05)
        self.abandon()
        self._box.flush(FLUSH_S)
        waiting = self._box.tally.waiting
        lost = self._box.close()
        if waiting > lost:
            self._run.warn(f"{waiting - lost} events are not delivered yet; they wait in the outbox for the next run")
        return lost

    def hurry(self) -> None:
        """Try at once, whatever rest there would have been."""
        self._courier.hurry()
        self._box.wake()

    def abandon(self) -> None:
        """Carry no more; what is left stays in the outbox."""
        self._abandoned.set()
        self._box.wake()

    def _carry(self) -> None:
        hurried = False
        while not self._abandoned.is_set():
            if self._finishing.is_set() and not hurried:
                hurried = True
                self._courier.hurry()
            rest_s = self._courier.turn()
            if hurried and (self._courier.finished() or self._gives_up(rest_s)):
                break
            if rest_s:
                self._courier.rest(rest_s)
        self._courier.close()

    def _gives_up(self, rest_s: float) -> bool:
        """Whether the receiver fails, and will not be tried again in time."""
        left_s = self._run.left_s() - MARGIN_S
        return self._courier.failed and (rest_s > left_s or monotonic() - self._since > left_s)

    def _late(self) -> bool:
        """Whether the run has been asked to stop, and the grace is over; without that it ends when all is delivered."""
        return self._run.stopping.is_set() and self._run.left_s() < MARGIN_S
