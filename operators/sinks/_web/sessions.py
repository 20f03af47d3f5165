"""Who has logged in."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable

LIFETIME_S = 7 * 24 * 3600.0
MOST = 1000


class Sessions:
    """Tokens that were given out, each for a week; only their hashes are kept.

    >>> sessions = Sessions(lambda: 0.0)
    >>> token = sessions.begin()
    >>> sessions.knows(token), sessions.knows(token[:-1]), sessions.end(token), sessions.knows(token)
    (True, False, None, False)
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until: OrderedDict[bytes, float] = OrderedDict()

    def begin(self) -> str:
        """Return a new token; where there are too many, the oldest holds no more."""
        token = secrets.token_urlsafe(32)
        self._until[_hashed(token)] = self._clock() + LIFETIME_S
        while len(self._until) > MOST:
            self._until.popitem(last=False)
        return token

    def knows(self, token: str) -> bool:
        """Return whether *token* was given out and holds."""
        return self._until.get(_hashed(token), 0.0) > self._clock()

    def end(self, token: str) -> None:
        """Let *token* hold no more."""
        self._until.pop(_hashed(token), None)


def _hashed(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()  # looked up by hash: no timing tells a token
