"""How long to wait before the next try."""

from __future__ import annotations

import random
from collections.abc import Callable

FIRST_S, LONGEST_S = 1.0, 300.0
LONGEST_ASKED_S = 3600.0  # a receiver that asks for more has made a mistake, or is none of ours


class Backoff:
    """Decorrelated jitter: each wait is anything from the first to three times the one before.

    So those whom one failure has hit do not come back all at once.

    Args:
        draw: Gives a number between two others.

    Source: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.

    >>> backoff = Backoff(lambda low, high: high)
    >>> [backoff.next() for _ in range(7)]
    [3.0, 9.0, 27.0, 81.0, 243.0, 300.0, 300.0]
    >>> backoff.next(asked_s=600.0)
    600.0
    """

    def __init__(self, draw: Callable[[float, float], float] = random.uniform) -> None:
        self._draw = draw
        self._last_s = FIRST_S

    def next(self, asked_s: float | None = None) -> float:
        """Return how long to wait, s; not less than the receiver has *asked* for, but never more than an hour."""
        self._last_s = min(LONGEST_S, self._draw(FIRST_S, 3 * self._last_s))
        return max(self._last_s, min(asked_s or 0.0, LONGEST_ASKED_S))

    def reset(self) -> None:
        """Begin anew: it works again."""
        self._last_s = FIRST_S
