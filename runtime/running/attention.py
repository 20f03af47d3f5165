"""For how long a step has been at one thing: what tells a thread that hangs from one that waits or works.

A step is busy from the moment an item reaches it until it is done with it. While it hands on what it made of the item
it is not: then the step that took this is. So of a chain that runs on one thread, only the step that hangs is busy.
A live source is busy from its first heartbeat on; each of them, and each item it gives, begins the count anew.
"""

from __future__ import annotations

from threading import get_ident
from time import monotonic  # it stands still while the machine sleeps, which is no hanging


class Attention:
    """What one copy of a step is at; *live*: the step is a live source."""

    def __init__(self, *, live: bool = False) -> None:
        self._live = live
        self._since: float | None = None
        self._thread = 0

    def begin(self) -> None:
        """Note that this thread begins with something."""
        self._thread = get_ident()
        self._since = monotonic()

    def end(self) -> None:
        """Note that it is done."""
        self._since, self._thread = None, 0

    def close(self) -> None:
        """Note that nothing more will be done."""
        self._live = False
        self.end()

    def hand_on(self) -> bool:
        """Note that others have it now; return whether it was this thread's, which must `begin` again after that."""
        mine = self._thread == get_ident()  # a timer of the operator may hand on something else meanwhile
        if mine:
            self.end()
        return mine

    def heartbeat(self, rest_s: float) -> None:
        """Note that it goes on, and may rest for so long."""
        if self._since is not None or self._live:
            self.begin()
            self._since = monotonic() + rest_s

    def busy_s(self) -> float:
        """Return for how long it has been at one thing, s."""
        since = self._since
        return 0.0 if since is None else max(0.0, monotonic() - since)
