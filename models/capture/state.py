"""How it goes with a live source, in a word; each change is told once.

missing ──▶ listening ──▶ stalled (nothing comes) ──▶ listening
                     ├──▶ silent (only zeros come) ─▶ listening
                     └──▶ lost (closed by the system) ▶ listening
"""

from __future__ import annotations

from collections.abc import Callable

from flowrun.schemas.health import State as Name

FIRST_S, LONGEST_S = 1.0, 30.0  # how long to wait before trying again: doubled each time


class State:
    """The state of one source.

    Args:
        source: What the user calls it.
        tell: Where changes are told: called with the state, and a sentence.
        clock: Seconds, from anywhere.
    """

    def __init__(self, source: str, tell: Callable[[Name, str], None], clock: Callable[[], float]) -> None:
        self.name: Name = "starting"
        self._source, self._tell, self._clock = source, tell, clock
        self._troubled = self._listening = 0.0  # since when
        self._wait_s = FIRST_S

    def trouble(self, name: Name, why: str, since: float | None = None) -> None:
        """Note what is wrong, and since when if not since now; it is told unless it was wrong already."""
        if name == self.name:
            return
        if self.name in ("starting", "listening"):
            self._troubled = self._clock() if since is None else since
        if self.name == "listening" and self._troubled - self._listening >= self._wait_s:
            self._wait_s = FIRST_S  # not for one that comes and goes: it is tried less and less often too
        self.name = name
        self._tell(name, f"{self._source} is {name}: {why}")

    def well(self, how: str) -> None:
        """Note that sound comes."""
        if self.name == "listening":
            return
        self._listening = self._clock()
        after = "" if self.name == "starting" else f" again, after {self._clock() - self._troubled:.0f} s"
        self.name = "listening"
        self._tell(self.name, f"listening to {self._source}{after}: {how}")

    def backoff_s(self) -> float:
        """Return how long to wait before the next attempt, s."""
        wait_s, self._wait_s = self._wait_s, min(2 * self._wait_s, LONGEST_S)
        return wait_s
