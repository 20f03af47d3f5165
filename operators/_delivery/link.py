"""What carries letters to one kind of receiver, and what it says when it cannot."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from flowrun.models.outbox.letter import Letter
from flowrun.schemas.errors import DeliveryError


class Refused(DeliveryError):
    """The receiver will never take this letter: it goes to the dead letters. The text says why, without secrets."""


class Unreachable(DeliveryError):
    """The receiver cannot be reached, or is not ready: letters stay. A wrong password is this too: it may be mended.

    Args:
        text: Why, without secrets.
        retry_after_s: When it may be tried again, if the receiver has said so.
        suspect: The letter first under way may be the cause. One that stays so while others are taken is poison.
    """

    def __init__(self, text: str, retry_after_s: float | None = None, *, suspect: bool = True) -> None:
        super().__init__(text)
        self.retry_after_s = retry_after_s
        self.suspect = suspect


class Link(Protocol):
    """A connection to one receiver. All methods are called by one thread, that of the delivery."""

    @property
    def window(self) -> int:
        """How many letters may be under way at once."""

    def open(self) -> None:
        """Connect and authenticate: before the first letter, and again, later each time, after each `Unreachable`.

        Raises:
            Unreachable: it does not work now.
        """

    def send(self, letter: Letter) -> None:
        """Put a letter on its way; it may return before the letter is acknowledged.

        Raises:
            Refused: the receiver will never take it.
            Unreachable: the connection is lost; what was under way is sent again, in order.
        """

    def acknowledged(self, timeout_s: float) -> Iterable[tuple[int, Refused | None]]:
        """Return the numbers of the letters taken (None) or refused since the last call; wait so long for the first.

        Raises:
            Unreachable: the connection is lost.
        """

    def idle(self) -> None:
        """Do what keeps the connection alive; called at least once a second while there is nothing to send.

        Raises:
            Unreachable: the connection is lost.
        """

    def close(self) -> None:
        """Let go of the connection; it may be closed already, and never raises."""
