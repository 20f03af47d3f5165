"""Messages to people, by one of the many ways that Apprise knows."""

from __future__ import annotations

import json
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from threading import Event as Flag
from typing import Any
from urllib.parse import quote

from flowrun.models.outbox.letter import Letter
from flowrun.operators._delivery.link import Refused, Unreachable
from flowrun.operators.sinks._message import Row, Templates
from flowrun.operators.sinks._on_demand import on_demand
from flowrun.schemas.errors import DeliveryError
from flowrun.schemas.redaction import without_passwords

MINUTE_S = 60.0
LISTEN_S = 0.25  # longer than asked for: what comes meanwhile waits for the minute to be over too
Service = tuple[str, Any]  # what it is called, and Apprise with it alone


class Notification:
    """A `Link` to all *services* at once; what is more than *at_most* in a minute waits, and is told in one message.

    Args:
        services: See `services_of`.
        templates: What is told of an event.
        at_most: Messages in a minute.
        attach: Whether the clip goes with it.
        clock: Seconds, from anywhere.
        wait: Waits so many seconds.
    """

    window = 1000  # how many may wait to be told in one

    def __init__(
        self,
        services: Sequence[Service],
        templates: Templates,
        at_most: int,
        attach: bool,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        self._services, self._templates, self._at_most, self._attach = services, templates, at_most, attach
        self._clock, self._wait = clock, wait
        self._told_at: deque[float] = deque()
        self._held: list[Letter] = []
        self._taken: list[int] = []
        self._reached: dict[tuple[int, int], set[int]] = {}  # of a message that some services have and others not
        self._finishing = Flag()

    def finish(self) -> None:
        """Tell at once what waits: nothing more will come."""
        self._finishing.set()

    def open(self) -> None:
        """Forget what was under way: it comes again."""
        self._held.clear()
        self._taken.clear()

    def send(self, letter: Letter) -> None:
        """Tell of an event, or keep it until more may be told."""
        self._held.append(letter)
        if len(self._held) == 1 and not self._pause_s():
            self._tell()

    def acknowledged(self, timeout_s: float) -> Iterable[tuple[int, Refused | None]]:
        """Return what was told."""
        if not self._taken and self._held:
            if not self._finishing.is_set():
                self._wait(min(max(timeout_s, LISTEN_S), self._pause_s()))
            if self._finishing.is_set() or not self._pause_s():
                self._tell()
        taken, self._taken = self._taken, []
        return [(number, None) for number in taken]

    def idle(self) -> None:
        """Nothing is kept alive."""

    def close(self) -> None:
        """Nothing is open."""

    def _pause_s(self) -> float:
        """Return how long it is until more may be told."""
        while self._told_at and self._told_at[0] <= self._clock() - MINUTE_S:
            self._told_at.popleft()
        return self._told_at[0] + MINUTE_S - self._clock() if len(self._told_at) >= self._at_most else 0.0

    def _tell(self) -> None:
        events: list[Row] = [json.loads(letter.body) for letter in self._held]
        one = len(events) == 1
        title, body = self._templates.of(events[0]) if one else self._templates.of_many(events)
        message = {"title": title, "body": body, "body_format": "text"}
        clip = events[0]["clip"] if one and self._attach else None
        if clip and Path(clip).is_file():
            message["attach"] = f"file://{quote(str(Path(clip).absolute()))}"
        self._notify((self._held[0].number, self._held[-1].number), message)
        self._told_at.append(self._clock())
        self._taken += [letter.number for letter in self._held]
        self._held.clear()

    def _notify(self, numbers: tuple[int, int], message: dict[str, str]) -> None:
        reached = self._reached.get(numbers, set())
        self._reached = {numbers: reached}
        failures = []
        for i, (name, service) in enumerate(self._services):
            if i not in reached:
                if why := _failure(service, message):
                    failures.append(f"{name}: {why}")
                else:
                    reached.add(i)
        if failures:
            raise Unreachable(without_passwords("; ".join(failures)))


def services_of(urls: Sequence[str]) -> list[Service]:
    """Return a service for each of *urls*.

    Raises:
        DeliveryError: Apprise is not installed, or does not know one of them, which is not shown.
    """
    apprise = on_demand("apprise", "notify", "notify")
    asset = apprise.AppriseAsset(app_id="flowrun", app_desc="flowrun", app_url="", image_url_mask="", async_mode=False)
    services = []
    for i, url in enumerate(urls):
        service = apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
        if service is None:
            scheme = url.partition("://")[0]
            raise DeliveryError(f"urls.{i} ({scheme}://...) is no address that Apprise can send to")
        alone = apprise.Apprise(asset=asset)
        alone.add(service)
        services.append((str(service.service_name), alone))
    return services


def _failure(service: Any, message: dict[str, str]) -> str:
    """Return why *service* did not take *message*; nothing if it did."""
    capture = on_demand("apprise", "notify", "notify").LogCapture
    with capture(level=logging.WARNING, fmt="%(message)s") as said:
        if service.notify(**message):
            return ""
        return " ".join(said.getvalue().split()) or "not taken"
