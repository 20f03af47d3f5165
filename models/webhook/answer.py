"""What the status of an HTTP answer means for a message."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Literal

Verdict = Literal["taken", "refused", "wait"]
# What is wrong with the address, the password or the moment, not with the message: the next one would fare alike.
NOT_THE_MESSAGE = frozenset({401, 402, 403, 404, 405, 407, 408, 410, 421, 425, 429})
# What may be about the message after all: a rule of a firewall, a fault of the receiver that only this one brings out.
SUSPECT = frozenset({403, *range(500, 600)}) - {502, 503, 504}


def verdict(status: int) -> Verdict:
    """Return what becomes of a message that was answered with *status*.

    >>> [verdict(status) for status in (200, 204, 400, 413, 422, 404, 429, 500, 503, 301)]
    ['taken', 'taken', 'refused', 'refused', 'refused', 'wait', 'wait', 'wait', 'wait', 'wait']
    """
    if 200 <= status < 300:
        return "taken"
    return "refused" if 400 <= status < 500 and status not in NOT_THE_MESSAGE else "wait"


def named(status: int) -> str:
    """Return *status* with its name.

    >>> named(404), named(599)
    ('404 Not Found', '599')
    """
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def retry_after_s(given: str | None, now: datetime) -> float | None:
    """Return how long the receiver asks to be left alone, s, by its header `Retry-After`.

    >>> now = datetime(2026, 1, 1, tzinfo=UTC)
    >>> retry_after_s("120", now), retry_after_s("soon", now), retry_after_s(None, now)
    (120.0, None, None)
    >>> retry_after_s("Thu, 01 Jan 2026 00:01:30 GMT", now)
    90.0
    """
    given = (given or "").strip()
    if given.isdecimal():
        return float(given[:9])
    try:
        at = parsedate_to_datetime(given)
    except ValueError:
        return None
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds())
