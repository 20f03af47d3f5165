"""A connection to a server elsewhere, as people may look at it and change it while the flow runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Literal, Protocol

from flowrun.schemas.run import Run


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """How a connection is; no secret is in it.

    kind: the operator. wanted: whether it is to be there. url: without user and password.
    since: when it was connected, UTC, if it is. error: what went wrong last. backlog: events that wait to be sent.
    """

    kind: str
    state: Literal["connected", "connecting", "lost", "off"]
    message: str
    url: str
    device_id: str | None = None
    since: datetime | None = None
    error: str | None = None
    backlog: int | None = None


class Connection(Protocol):
    """What a step offers that holds a connection. All of it is called from any thread and returns at once."""

    def view(self) -> ConnectionView:
        """Return how it is now."""

    def change(self, url: str, device_id: str | None, token: str | None) -> None:
        """Go on with another server or device, until the run ends; without a token with what that server was given.

        Raises:
            ValueError: that cannot be: which, and why.
        """

    def connect(self) -> None:
        """Be connected, now rather than after the next pause between two tries."""

    def disconnect(self) -> None:
        """Be disconnected until `connect`; what is to be sent waits."""


class Connections:
    """The connections of a run, by step; a step comes by it with `Connections.of(run)`."""

    def __init__(self) -> None:
        self._offered: dict[str, Connection] = {}
        self._lock = Lock()

    @classmethod
    def of(cls, run: Run) -> Connections:
        """Return those of *run*."""
        return run.share("connections", cls)

    def offer(self, step: str, connection: Connection) -> None:
        """Let people see the connection of *step*; it takes the place of one offered before."""
        with self._lock:
            self._offered[step] = connection

    def all(self) -> Mapping[str, Connection]:
        """Return them."""
        with self._lock:
            return dict(self._offered)
