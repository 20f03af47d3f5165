"""A link that people switch off and on, and lead to another receiver, while the flow runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Literal, TypeVar
from urllib.parse import urlsplit

from flowrun.models.outbox.letter import Letter
from flowrun.operators._delivery.link import Link, Refused, Unreachable
from flowrun.schemas.connection import Connections, ConnectionView
from flowrun.schemas.redaction import hide
from flowrun.schemas.run import Run

T = TypeVar("T")
State = Literal["connected", "connecting", "lost", "off"]


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a link leads to. url: without a secret. token: what lets us in, in place of what the flow says."""

    url: str
    device_id: str | None = None
    token: str | None = None


def _server(url: str) -> tuple[str, str | None, int | None]:
    try:
        split = urlsplit(url)
        return split.scheme, split.hostname, split.port  # with the scheme: what went encrypted does not go in the clear
    except ValueError:
        return "", None, None


class Switched:
    """A `Link` for the delivery, whose thread calls that half, and a `Connection` for people, from any thread.

    What lets us in is for the server that it was given for: who leads a link elsewhere gives that server's own.

    Args:
        kind: The operator.
        target: Whom it leads to at first.
        make: Makes the link to a target; raises ValueError where there can be none.
        run: The run.
        open_to_all: Whether the flow holds nothing that lets us in, because its server asks for nothing.
    """

    def __init__(
        self, kind: str, target: Target, make: Callable[[Target], Link], run: Run, *, open_to_all: bool = False
    ) -> None:
        self._kind, self._make, self._run, self._open_to_all = kind, make, run, open_to_all
        self._lock = Lock()
        self._first = target
        self._target, self._link = target, make(target)
        self._next: Link | None = None  # takes the place of the link as soon as that is not in use
        self._off = False
        self._since: datetime | None = None
        self._error: str | None = None
        self._hurry: Callable[[], None] = lambda: None

    def offer(self, hurry: Callable[[], None]) -> None:
        """Let people see it; *hurry* has the delivery look at it at once."""
        self._hurry = hurry
        Connections.of(self._run).offer(self._run.step, self)

    # A link

    @property
    def window(self) -> int:
        """How many letters may be under way at once."""
        return self._link.window

    def open(self) -> None:
        """Connect, unless it is switched off."""
        with self._lock:
            if self._next:
                self._link, self._next = self._next, None
        self._check()
        try:
            self._link.open()
        except Unreachable as error:
            self._error = str(error)
            raise
        self._since, self._error = self._run.now(), None

    def send(self, letter: Letter) -> None:
        """Put a letter on its way."""
        self._check()
        self._noted(lambda: self._link.send(letter))

    def acknowledged(self, timeout_s: float) -> Iterable[tuple[int, Refused | None]]:
        """Return what was taken or refused."""
        return self._noted(lambda: list(self._link.acknowledged(timeout_s)))

    def idle(self) -> None:
        """Keep the connection alive, unless it is switched off or leads elsewhere now."""
        self._check()
        self._noted(self._link.idle)

    def close(self) -> None:
        """Let go of the connection."""
        self._since = None
        self._link.close()

    def _check(self) -> None:
        if self._off:
            raise Unreachable("it is switched off", suspect=False)
        if self._next:
            raise Unreachable("it leads elsewhere now", suspect=False)

    def _noted(self, act: Callable[[], T]) -> T:
        try:
            return act()
        except Unreachable as error:
            self._error = str(error)
            raise

    # A connection

    def view(self) -> ConnectionView:
        """Return how it is now."""
        since, waiting = self._since, self._run.delivery().waiting
        state: State
        if self._off:
            state, message = "off", "Switched off; events wait in the outbox."
        elif since:
            state, message = "connected", "Events are delivered."
        elif self._error:
            state, message = "lost", "It is tried again; events wait in the outbox."
        else:
            state, message = "connecting", "It is tried for the first time."
        target = self._target
        return ConnectionView(self._kind, state, message, target.url, target.device_id, since, self._error, waiting)

    def change(self, url: str, device_id: str | None, token: str | None) -> None:
        """Lead to another receiver, until the run ends; without a token with the one that this server was given."""
        if token:
            hide(token)
        if "@" in url:
            raise ValueError("a login is no part of the address, which all can see: give it as the token or password")
        with self._lock:
            same = _server(url) == _server(self._target.url)
            target = Target(url, device_id or self._target.device_id, token or (self._target.token if same else None))
            link = self._make(target)
            if not (token or same or self._open_to_all or _server(url) == _server(self._first.url)):
                raise ValueError("another server needs its own token or password: what is known is not sent there")
            self._next, self._target, self._error = link, target, None
        self._hurry()

    def connect(self) -> None:
        """Be connected, now."""
        self._off, self._error = False, None
        self._hurry()

    def disconnect(self) -> None:
        """Be disconnected until `connect`."""
        self._off = True
        self._hurry()
