"""How long it takes from a sound to what is made of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf
from typing import Literal


@dataclass(frozen=True, slots=True)
class Delay:
    """The longest time from when a sound comes to this machine to the item that tells of it.

    What the device, the network and the computing take comes on top.

    parts: what it is made of, in words, and how long each lasts, s. late_s: how much of it lies behind the end of what
    the item is about: the last sample of a block, the end of a window or of an event. since: where counting begins, at
    the beginning of the sound or at its end.
    """

    parts: tuple[tuple[str, float], ...]
    late_s: float
    since: Literal["begins", "ends"] = "begins"

    @classmethod
    def of_blocks(cls, block_s: float) -> Delay:
        """Return that of a source: a sample waits for the end of its block."""
        return cls((("block", block_s),), block_s)

    @property
    def total_s(self) -> float:
        """The whole of it, s."""
        return sum(seconds for _, seconds in self.parts)

    def later(self, what: str, seconds: float) -> Delay:
        """Return that of an item which comes so much later.

        >>> Delay.of_blocks(0.25).later("filter", 0.5).later("nothing", 0.0).parts
        (('block', 0.25), ('filter', 0.5))
        """
        if seconds <= 0:
            return self
        return replace(self, parts=(*self.parts, (what, seconds)), late_s=self.late_s + seconds)

    def at_the_end(self) -> Delay:
        """Return that of what comes when the stream ends, which a live one may never do: without limit."""
        return self.later("end of the stream", inf)
