"""Letters to a DeviceHive, and commands from it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flowrun.models.devicehive.channel import Message
from flowrun.models.devicehive.errors import Answered, Denied, DeviceHiveError, TooLong
from flowrun.models.devicehive.session import Session
from flowrun.models.outbox.letter import Letter
from flowrun.operators._delivery.link import Refused, Unreachable
from flowrun.operators.sinks._devicehive.commands import Commands
from flowrun.operators.sinks._devicehive.notification import notification

DENIED_S, LONGEST_S = 60.0, 6 * 3600.0  # a user is locked after ten wrong passwords: these come after 30 hours
FORBIDDEN_S = 60.0
LISTEN_S = 1.0  # how often to listen while there is much to send


@dataclass(frozen=True, slots=True)
class Device:
    """What we are to the server. name: of notifications, if not their own. network: where the device is put."""

    id: str
    name: str | None = None
    network: int | None = None

    def saved(self) -> dict[str, Any]:
        """Return what is told of it."""
        return {"name": self.id} | ({} if self.network is None else {"networkId": self.network})


class DeviceHiveLink:
    """A link that sends each letter as a notification, and carries out the commands that come for the device.

    One letter is under way at a time: the server may do what it is asked at once in any order.

    Args:
        session: The connection.
        device: What we are there.
        commands: Carries out commands.
        warn: Told, once each, what the user should know.
        clock: Seconds, from anywhere.
    """

    window = 1

    def __init__(
        self,
        session: Session,
        device: Device,
        commands: Commands,
        warn: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session, self._device, self._commands = session, device, commands
        self._warn, self._clock = warn, clock
        self._warned: set[str] = set()
        self._taken: list[int] = []
        self._listened = clock()
        self._since = ""  # what was commanded later is new to us
        self._denied, self._why, self._not_before = 0, "", 0.0

    def open(self) -> None:
        """Connect, be who we are, tell of the device, ask for its commands."""
        if (rest_s := self._not_before - self._clock()) > 0:
            raise Unreachable(self._why, rest_s, suspect=False)
        self._taken.clear()
        with self._told():
            now = self._session.open()
            self._save()
            self._denied = 0
            self._since = self._since or now
            with self._without_right():
                self._session.subscribe(self._device.id, self._since)
            self._work_off()
        if why := self._session.without_websocket:
            self._warn_once(f"{why}; REST is used instead")

    def send(self, letter: Letter) -> None:
        """Have the server keep a notification."""
        if self._clock() >= self._listened + LISTEN_S:
            self.idle()
        told = notification(letter.body, self._device.id, self._device.name)
        with self._told():
            try:
                self._insert(told)
            except TooLong as error:
                raise Refused(str(error)) from None
            except Answered as answer:
                if answer.code in (400, 413, 415, 422):
                    raise Refused(str(answer)) from None
                if answer.code != 404:
                    raise
                self._save()  # somebody has deleted the device
                self._insert(told)
        self._taken.append(letter.number)

    def acknowledged(self, timeout_s: float) -> Iterable[tuple[int, Refused | None]]:
        """Return what `send` has sent: it waits for the answer itself."""
        taken, self._taken = self._taken, []
        return [(number, None) for number in taken]

    def idle(self) -> None:
        """Carry out the commands that came."""
        self._listened = self._clock()
        with self._told():
            with self._without_right():
                self._session.listen()
            self._work_off()

    def close(self) -> None:
        """Let go of the connection."""
        self._session.close()

    def _save(self) -> None:
        self._session.request("device/save", deviceId=self._device.id, device=self._device.saved())

    def _insert(self, told: Message) -> None:
        self._session.request("notification/insert", deviceId=self._device.id, notification=told)

    def _work_off(self) -> None:
        waiting = self._session.commands
        while waiting:
            command = waiting[0]
            if update := self._commands.answer(command):
                with self._without_right():
                    self._session.request(
                        "command/update", deviceId=self._device.id, commandId=command["id"], command=update
                    )
            self._since = max(self._since, str(command.get("timestamp") or ""))
            waiting.popleft()

    @contextmanager
    def _without_right(self) -> Iterator[None]:
        """Do without commands, or their answers, if the server wants none: events are delivered all the same."""
        try:
            yield
        except Answered as answer:
            if answer.code >= 500:
                raise
            self._warn_once(f"{self._session.host}: commands are not carried out, or not answered: {answer}")

    def _warn_once(self, text: str) -> None:
        if text not in self._warned:
            self._warned.add(text)
            self._warn(text)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say what went wrong in the words of a delivery."""
        try:
            yield
        except Denied as error:
            wait_s = min(DENIED_S * 3**self._denied, LONGEST_S)
            self._denied += 1
            self._why, self._not_before = f"{self._session.host}: {error}", self._clock() + wait_s
            raise Unreachable(self._why, wait_s, suspect=False) from None
        except Answered as answer:
            ours = answer.code < 500  # not the letter's fault, or it had been refused
            why = f"{self._session.host}: {answer}"
            raise Unreachable(why, FORBIDDEN_S if ours else None, suspect=not ours) from None
        except DeviceHiveError as error:
            raise Unreachable(f"{self._session.host}: {error}") from None
