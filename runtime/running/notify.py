"""Tells systemd how it goes, where it asks: ready, a line of status, a sign of life, the end.

The sign of life (WATCHDOG=1) is given only while no step has been at one thing for longer than the watchdog's time. Of
before the run is ready, systemd has no watchdog but a time-out, which the same rule extends: a microphone that is
missing at the start may be waited for as long as it takes, and a start that hangs is ended.

Source: sd_notify(3), sd_watchdog_enabled(3) and systemd.service(5).
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable, Mapping

from flowrun.operators._printable import printable
from flowrun.schemas.health import WELL, Health

WITHOUT_WATCHDOG_S = 60.0
log = logging.getLogger("flowrun.notify")


class Notifier:
    """Notifies what is in the *environment*; nobody, where systemd has not asked for it.

    Args:
        environment: Holds NOTIFY_SOCKET, a path or, after an `@`, the name of an abstract socket; and WATCHDOG_USEC.
        clock: Seconds, from anywhere.
    """

    def __init__(
        self, environment: Mapping[str, str] = os.environ, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        mine = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        limit = environment.get("WATCHDOG_USEC", "") if mine else ""
        self._limit_s = int(limit) / 1e6 if limit.isdecimal() else WITHOUT_WATCHDOG_S
        self._clock = clock
        self._told: set[str] = set()  # what is told once
        self._status = ""
        self._due = clock()
        self._stuck: list[str] = []

    @property
    def wanted(self) -> bool:
        """Whether anybody listens."""
        return self._address.startswith(("/", "@"))

    def update(self, health: Health) -> None:
        """Tell what has changed, and that it works if that is due; to be called several times a second."""
        if not self.wanted:
            return
        if health.ready:
            self._once("READY=1")
        if health.stopping:
            self._once("STOPPING=1")
        if (status := status_of(health)) != self._status:
            self._status = status
            self._send(f"STATUS={status}")
        if self._clock() >= self._due:
            self._due = self._clock() + self._limit_s / 2
            if self._works(health):
                ready = "READY=1" in self._told
                self._send("WATCHDOG=1" if ready else f"EXTEND_TIMEOUT_USEC={round(self._limit_s * 1e6)}")

    def _works(self, health: Health) -> bool:
        stuck = health.stuck(self._limit_s)
        for step in stuck.keys() - self._stuck:
            log.error("step %r is stuck: nothing for %.0f s", step, stuck[step], extra={"step": step})
        self._stuck = list(stuck)
        return not stuck

    def _once(self, assignment: str) -> None:
        if assignment not in self._told:
            self._told.add(assignment)
            self._send(assignment)

    def _send(self, assignment: str) -> None:
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as out:
                out.sendto(assignment.encode(), address)
        except OSError as error:  # systemd's loss; the run is worth more
            log.debug("cannot notify %s: %s", self._address, error)


def status_of(health: Health) -> str:
    """Return how it goes, in a line.

    >>> status_of(Health("alert", stopping=True)), status_of(Health("alert"))
    ('alert: stopping', 'alert: running')
    """
    ill = [
        f"{name}: {step.state.message or step.state.name}"
        for name, step in health.steps.items()
        if step.state and step.state.name not in WELL
    ]
    listening = [name for name, step in health.steps.items() if step.live and step.listening]
    if health.stopping:
        how = "stopping"
    elif ill:
        how = "; ".join(ill)
    else:
        how = f"listening to {', '.join(listening)}" if listening else "running" if health.started else "starting"
    return printable(f"{health.flow}: {how}")
