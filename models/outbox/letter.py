"""What an outbox holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Letter:
    """One event on its way.

    number: its place in the outbox, which only grows. id: of the event. body: the event as JSON, as it was put.
    at: when it was put, UTC. tries: how often it was sent and not acknowledged.
    """

    number: int
    id: str
    body: bytes
    at: datetime
    tries: int = 0


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A letter that its receiver will not take: since when, and why. retry: it is to be put into the outbox again."""

    letter: Letter
    step: str
    died_at: datetime
    reason: str
    retry: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """How long letters are kept, s, and how many bytes of them; the oldest are dropped. Of dead ones, as many again."""

    keep_s: float = 7 * 86400.0
    keep_bytes: int = 100_000_000
