"""What is told of a delivery: its state at each change, and what became of letters."""

from __future__ import annotations

from flowrun.models.outbox.box import Box
from flowrun.models.outbox.letter import Letter
from flowrun.operators._delivery.link import Refused
from flowrun.schemas.run import Run


class Told:
    """Tells *run* how it goes with *box* and the link."""

    def __init__(self, box: Box, run: Run) -> None:
        self._box, self._run = box, run
        self._link: str | None = None  # what is wrong with it, "" where nothing is, None before the first try
        self._said: str | None = None
        self._refused = 0

    def link(self, wrong: str) -> None:
        """Note what is wrong with the link, "" where nothing is."""
        self._link = wrong
        self.update()

    @property
    def link_fails(self) -> bool:
        """Whether something is wrong with the link."""
        return bool(self._link)

    def update(self) -> None:
        """Tell the state if it is another one."""
        disk = (
            self._box.trouble and f"events cannot be kept on the disk: {self._box.trouble}; the latest wait in memory"
        )
        text = "; ".join(filter(None, (self._link, disk)))
        if text == self._said or (not text and self._link is None):
            return
        waiting = self._box.tally.waiting
        many = f"; {waiting} event{'s' * (waiting != 1)} wait{'s' * (waiting == 1)}" if waiting else ""
        if text:
            self._run.state("failing", text + many)
        else:
            self._run.state(
                "working", ("events are delivered" if self._said is None else "events are delivered again") + many
            )
        self._said = text

    def refused(self, letter: Letter, why: Refused | str) -> None:
        """Tell of the 1st, 2nd, 4th, 8th … letter that was refused."""
        self._refused += 1
        if self._refused & (self._refused - 1) == 0:
            many = f" ({self._refused} so far)" if self._refused > 1 else ""
            self._run.warn(f"event {letter.id} is a dead letter{many}: {why}; see `flowrun outbox FLOW dead`")
