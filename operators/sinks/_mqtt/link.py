"""Events to an MQTT broker."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

from flowrun.models.outbox.letter import Letter
from flowrun.operators._delivery.link import Refused, Unreachable
from flowrun.operators.sinks._mqtt.broker import Broker
from flowrun.operators.sinks._mqtt.client import Version
from flowrun.operators.sinks._mqtt.connection import Connection
from flowrun.operators.sinks._mqtt.presence import Presence
from flowrun.operators.sinks._mqtt.reasons import REFUSALS

if TYPE_CHECKING:
    from paho.mqtt.properties import Properties

WINDOW = 100  # letters under way; as many may come twice after a connection was lost
TURN_S = 1.0  # the longest wait without a look at what else there is to do


class MqttLink:
    """A connection to a broker, as the delivery wants it: an event is taken when PUBACK has come for it.

    Args:
        broker: Where to.
        version: Of MQTT.
        client_id: Who we are.
        presence: What stands at the broker beside the events.
        expire_s: How long the broker may keep an event for a subscriber that is away; told by MQTT 5 alone.
        clock: Seconds, from anywhere.
    """

    def __init__(
        self,
        broker: Broker,
        version: Version,
        client_id: str,
        presence: Presence,
        expire_s: float,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.window = WINDOW
        self._broker, self._version, self._client_id = broker, version, client_id
        self._presence, self._expire_s, self._clock = presence, expire_s, clock
        self._connection: Connection | None = None
        self._letters: dict[int, Letter] = {}  # under way, by the number of the message

    def open(self) -> None:
        """Connect, and tell who we are."""
        self._let_go()
        will = self._presence.topics.availability
        connection = Connection(self._broker, self._version, self._client_id, will, self._clock)
        self._connection = connection
        self.window = min(WINDOW, connection.receive_maximum)
        self._presence.begin(connection)

    def send(self, letter: Letter) -> None:
        """Publish an event."""
        connection = self._open()
        properties = self._properties(letter) if self._version == 5 else None
        number = connection.publish(self._presence.topics.event, letter.body, properties=properties)
        self._letters[number] = letter

    def acknowledged(self, timeout_s: float) -> list[tuple[int, Refused | None]]:
        """Return the letters that PUBACK has come for."""
        connection = self._open()
        until = self._clock() + timeout_s
        connection.turn(0)
        while not (results := self._results(connection)):
            left = until - self._clock()
            if left <= 0:
                break
            self._presence.attend(connection)
            connection.turn(min(left, TURN_S))
        self._presence.attend(connection)
        return results

    def idle(self) -> None:
        """Answer the broker's questions, hear commands, tell of changes."""
        connection = self._open()
        connection.turn(0)
        self._results(connection)
        self._presence.attend(connection)

    def close(self) -> None:
        """Say that we are going, and go."""
        if self._connection is not None:
            self._presence.leave(self._connection)
        self._let_go()

    def _open(self) -> Connection:
        if self._connection is None:
            raise Unreachable(f"{self._broker.shown}: not connected", suspect=False)
        return self._connection

    def _let_go(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None
        self._letters.clear()

    def _results(self, connection: Connection) -> list[tuple[int, Refused | None]]:
        """Return what the broker has answered of letters, up to one that it does not take now.

        Raises:
            Unreachable: that one comes first.
        """
        results: list[tuple[int, Refused | None]] = []
        while connection.taken:
            number, reason = connection.taken[0]
            letter = self._letters.get(number)
            if letter is None:
                self._presence.answered(number, reason)
            elif not reason.is_failure:
                results.append((letter.number, None))
                self._presence.heard(letter.body)
            elif reason.value in REFUSALS:
                why = reason.getName().lower()
                results.append((letter.number, Refused(f"{self._broker.shown} refuses it: {why}")))
            elif results:
                break
            else:
                where = f"{self._broker.shown} takes nothing at {self._presence.topics.event!r}"
                raise Unreachable(f"{where}: {reason.getName().lower()}")
            connection.taken.popleft()
            self._letters.pop(number, None)
        return results

    def _properties(self, letter: Letter) -> Properties:
        from paho.mqtt.packettypes import PacketTypes
        from paho.mqtt.properties import Properties

        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.PayloadFormatIndicator = 1  # UTF-8
        properties.ContentType = "application/json"
        properties.MessageExpiryInterval = max(1, min(int(self._expire_s), 0xFFFFFFFF))
        properties.UserProperty = ("id", letter.id)  # whoever has had it need not read it
        return properties
