"""What stands at an MQTT broker beside the events, retained: whether we are there, how it goes, what was heard last.

None of it needs an outbox: of each topic only the latest counts, which waits here, and after a reconnect all is told
anew. Commands that come from there are heard here too.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from time import monotonic
from typing import TYPE_CHECKING, Any

from flowrun.operators._delivery.link import Refused, Unreachable
from flowrun.operators.sinks._mqtt.connection import Connection
from flowrun.operators.sinks._mqtt.home_assistant import BIRTH, discovery, discovery_topic
from flowrun.operators.sinks._mqtt.topics import Topics
from flowrun.schemas.event import utc
from flowrun.schemas.run import Run

if TYPE_CHECKING:
    from paho.mqtt.reasoncodes import ReasonCode

log = logging.getLogger("flowrun.mqtt")
LOOK_S = 1.0  # between two looks whether the state has changed
GOODBYE_S = 2.0  # for the broker to take the last word


class Presence:
    """What stands at one broker.

    Args:
        topics: Where it stands.
        announce: Whether Home Assistant is told of the flow.
        run: Whose state it is.
        clock: Seconds, from anywhere.
    """

    def __init__(self, topics: Topics, *, announce: bool, run: Run, clock: Callable[[], float] = monotonic) -> None:
        self.topics = topics
        self._announce, self._run, self._clock = announce, run, clock
        self._to_tell: dict[str, bytes] = {}  # by topic
        self._under_way: dict[int, tuple[str, bytes]] = {}  # topic and payload, by the number of the message
        self._forbidden: set[str] = set()  # topics at which the broker takes nothing from us
        self._state = b""
        self._look_at = 0.0

    def begin(self, connection: Connection) -> None:
        """Tell all of it, over a new connection.

        Raises:
            Unreachable: the connection is lost.
        """
        for topic, payload in self._under_way.values():
            self._to_tell.setdefault(topic, payload)
        self._under_way.clear()
        self._forbidden.clear()
        if self._can_pause:
            connection.subscribe(self.topics.listening)
        if self._announce:
            connection.subscribe(BIRTH)
        self._introduce()
        self.attend(connection)

    def attend(self, connection: Connection) -> None:
        """Hear what the broker has sent, and tell what has changed.

        Raises:
            Unreachable: the connection is lost.
        """
        while connection.messages:
            self._hear(*connection.messages.popleft())
        if self._clock() >= self._look_at:
            self._look_at = self._clock() + LOOK_S
            state = self._state_now()
            if state != self._state:
                self._state = self._to_tell[self.topics.state] = state
        self._tell(connection)

    def heard(self, event: bytes) -> None:
        """Note an event that the broker has taken, as JSON."""
        self._to_tell[self.topics.latest] = event
        self._to_tell[self.topics.latest_of(json.loads(event)["label"])] = event

    def answered(self, number: int, reason: ReasonCode) -> None:
        """Note that the broker has answered to the message of a number."""
        topic, _ = self._under_way.pop(number, ("", b""))
        if reason.is_failure and topic:
            self._forbidden.add(topic)
            self._run.warn(f"the broker takes nothing at {topic!r}: {reason.getName().lower()}")

    def leave(self, connection: Connection) -> None:
        """Say that we are going; that the broker has heard it is waited for a moment."""
        self._to_tell[self.topics.availability] = b"offline"
        until = self._clock() + GOODBYE_S
        try:
            self._tell(connection)
            while self._under_way and self._clock() < until:
                connection.turn(0.1)
                for number, reason in connection.taken:
                    self.answered(number, reason)
                connection.taken.clear()
        except Unreachable as error:  # then the broker says it itself
            log.debug("no good-bye: %s", error)

    def _introduce(self) -> None:
        self._to_tell[self.topics.availability] = b"online"
        if self._announce:
            device = discovery(self._run.health().flow, self.topics, can_pause=self._can_pause)
            self._to_tell[discovery_topic(self.topics.root)] = _json(device)
        self._state, self._look_at = b"", 0.0  # which is told anew

    def _tell(self, connection: Connection) -> None:
        for topic in list(self._to_tell):
            payload = self._to_tell[topic]
            if topic not in self._forbidden:
                try:
                    number = connection.publish(topic, payload, retain=True)
                except Refused as error:
                    self._run.warn(f"{topic!r} is not told: {error}")
                else:
                    self._under_way[number] = (topic, payload)
            del self._to_tell[topic]

    def _hear(self, topic: str, payload: bytes, retained: bool) -> None:
        if topic == BIRTH:
            if payload == b"online":
                self._introduce()
        elif retained:  # a command of some time ago, which would be obeyed anew with each connection
            log.info("a command that is retained is not obeyed: %s", topic)
        elif topic == self.topics.listening:
            self._command(payload)

    def _command(self, payload: bytes) -> None:
        try:
            if payload == b"ON":
                self._run.control.resume(self._run.step)
            elif payload == b"OFF":
                self._run.control.pause(self._run.step)
            else:
                raise ValueError(f"it takes ON and OFF, not {payload[:20]!r}")
        except ValueError as error:
            log.warning("%s: %s", self.topics.listening, error)
        self._look_at = 0.0  # whoever has pressed the switch waits for it to move

    @property
    def _can_pause(self) -> bool:
        return any(step.live for step in self._run.health().steps.values())

    def _state_now(self) -> bytes:
        health = self._run.health()
        told = {name: step.state for name, step in health.steps.items() if step.state}
        steps = {name: {"state": state.name, "since": utc(state.since)} for name, state in told.items()}
        paused = self._run.control.paused is not None
        return _json({"flow": health.flow, "ready": health.ready, "paused": paused, "steps": steps})


def _json(data: Mapping[str, Any]) -> bytes:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
