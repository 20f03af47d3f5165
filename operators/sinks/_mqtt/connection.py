"""One connection to an MQTT broker, from CONNECT to its end.

paho-mqtt speaks the protocol. Its threads, its queue and its reconnects are not used: all happens in the calls of one
thread, a message is on its way when `publish` returns, and a connection that is lost is lost with all that was under
way, so that nobody but the outbox ever sends anything again.
"""

from __future__ import annotations

import logging
import select
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from socket import IPPROTO_TCP, TCP_NODELAY, socket
from time import monotonic
from typing import TYPE_CHECKING, Any

from flowrun.operators._delivery.link import Refused, Unreachable
from flowrun.operators.sinks._mqtt.broker import Broker
from flowrun.operators.sinks._mqtt.client import Version, new_client
from flowrun.operators.sinks._mqtt.reasons import LastError, cause, meaning
from flowrun.schemas.errors import explain

if TYPE_CHECKING:
    from paho.mqtt.client import ConnectFlags, DisconnectFlags, MQTTMessage
    from paho.mqtt.properties import Properties
    from paho.mqtt.reasoncodes import ReasonCode

log = logging.getLogger("flowrun.mqtt")
CONNECT_S = 10.0  # for TCP and TLS, and again for the answer to CONNECT
ANSWER_S = 20.0  # a broker that leaves a message without an answer for so long has gone
KEEPALIVE_S = 30  # it is asked whether it is there after so long a silence
MESSAGES = 100  # from the broker that wait to be looked at; the oldest goes when there are more


class Connection:
    """A connection that is open.

    taken: the numbers of what the broker has answered to, and how, oldest first. messages: what it sent: the topic, the
    payload, and whether it was retained. Both are emptied by whoever reads them.

    Args:
        broker: Where to.
        version: Of MQTT.
        client_id: Who we are.
        will: The topic at which the broker says `offline`, retained, when we are lost.
        clock: Seconds, from anywhere.

    Raises:
        Unreachable: it cannot be had.
    """

    def __init__(
        self, broker: Broker, version: Version, client_id: str, will: str, clock: Callable[[], float] = monotonic
    ) -> None:
        self.taken: deque[tuple[int, ReasonCode]] = deque()
        self.messages: deque[tuple[str, bytes, bool]] = deque(maxlen=MESSAGES)
        self.receive_maximum = 65535
        self._max_bytes: int | None = None
        self._shown, self._five, self._clock = broker.shown, version == 5, clock
        self._under_way: dict[int, float] = {}  # since when, by number
        self._asked: dict[int, str] = {}  # subscriptions without an answer yet, by number
        self._accepted = self._gone = False
        self._why = ""
        self._hint = "; it may want a certificate of ours, `cert`" if broker.tls and not broker.cert else ""
        self._log = LastError()
        self._client = client = new_client(version, client_id, will, self._log.logger)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        try:
            self._connect(broker)
        except Unreachable:
            self._hang_up()
            raise

    def publish(self, topic: str, payload: bytes, *, retain: bool = False, properties: Properties | None = None) -> int:
        """Put a message on its way, at QoS 1; return its number.

        It waits while as much is under way as the broker allows. *properties* are those of MQTT 5.

        Raises:
            Refused: it is larger than the broker takes.
            Unreachable: the connection is lost.
        """
        if self._max_bytes is not None:
            rest = len(properties.pack()) if properties else 1  # type: ignore[no-untyped-call]
            size = len(payload) + len(topic.encode()) + rest + 9  # header 5 at most, length of the topic 2, number 2
            if size > self._max_bytes:
                raise Refused(f"it is a message of {size} bytes, and {self._shown} takes {self._max_bytes}")
        while len(self._under_way) >= self.receive_maximum:
            self.turn(1.0)
        info = self._client.publish(topic, payload, 1, retain, properties if self._five else None)
        if info.rc:
            raise self._lost()
        self._under_way[info.mid] = self._clock()
        return info.mid

    def subscribe(self, topic: str) -> None:
        """Ask for what is published at *topic*; it comes as `messages`.

        Raises:
            Unreachable: the connection is lost.
        """
        done, number = self._client.subscribe(topic, 1)
        if done or number is None:
            raise self._lost()
        self._asked[number] = topic

    def turn(self, timeout_s: float) -> None:
        """Send and receive what can be; wait for something at most so long.

        Raises:
            Unreachable: the connection is lost, or the broker gives no answers.
        """
        client, sock = self._client, self._client.socket()
        if sock is None or self._gone:
            raise self._lost()
        pending = getattr(sock, "pending", None)  # TLS has read more than was asked for
        if not (pending and pending()):
            ready = select.poll()  # not select(), which fails in a process with more than 1,024 files
            ready.register(sock.fileno(), select.POLLIN | (select.POLLOUT if client.want_write() else 0))
            ready.poll(1000 * timeout_s)
        try:
            client.loop_read()
            if client.want_write():
                client.loop_write()
            client.loop_misc()
        except Exception as error:  # paho fails in many ways on bytes that are no MQTT
            self._why = self._why or explain(error)
            self._hang_up()
            raise self._lost() from error
        if client.socket() is None:
            raise self._lost()
        oldest = next(iter(self._under_way.values()), None)
        if oldest is not None and self._clock() - oldest > ANSWER_S:
            self._why = f"it has given no answer for {ANSWER_S:.0f} s"
            self._hang_up()
            raise self._lost()

    def close(self) -> None:
        """Leave as agreed, so that the broker does not publish the will."""
        with suppress(OSError, ValueError):
            self._client.disconnect()
        self._hang_up()

    def _connect(self, broker: Broker) -> None:
        try:
            context = broker.context()
            if context:
                self._client.tls_set_context(context)
            if broker.username:
                self._client.username_pw_set(broker.username, broker.password)
            self._client.connect_timeout = CONNECT_S
            self._client.connect(broker.host, broker.port, KEEPALIVE_S)
        except (OSError, ValueError) as error:
            raise Unreachable(f"{self._shown}: {cause(error)}", suspect=False) from error
        sock = self._client.socket()
        if isinstance(sock, socket):  # a message must not wait for the answer to the one before it (Nagle)
            sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        until = self._clock() + CONNECT_S
        while not self._accepted:
            if self._clock() > until:
                raise Unreachable(f"{self._shown} does not answer: is it an MQTT broker?", suspect=False)
            self.turn(0.5)

    def _lost(self) -> Unreachable:
        why = self._why or self._log.text or "the connection is lost"
        if not (self._accepted or self._why):
            why = f"it hangs up before it answers ({why}){self._hint}"
        return Unreachable(f"{self._shown}: {why}", suspect=self._accepted)

    def _hang_up(self) -> None:
        self._gone = True
        sock = self._client.socket()
        if sock is not None:
            with suppress(OSError):
                sock.close()

    def _on_connect(self, _c: Any, _u: Any, _f: ConnectFlags, reason: ReasonCode, told: Properties | None) -> None:
        if reason.is_failure:
            self._why = meaning(reason)
            return
        self._accepted = True
        self.receive_maximum = getattr(told, "ReceiveMaximum", self.receive_maximum)
        self._max_bytes = getattr(told, "MaximumPacketSize", self._max_bytes)

    def _on_disconnect(self, _c: Any, _u: Any, flags: DisconnectFlags, reason: ReasonCode, _p: Any) -> None:
        if flags.is_disconnect_packet_from_server:
            self._why = meaning(reason)
        elif reason == "Protocol error" and not self._why:
            self._why = "what it says is not MQTT, or not this `version` of it"

    def _on_publish(self, _c: Any, _u: Any, number: int, reason: ReasonCode, _p: Any) -> None:
        self._under_way.pop(number, None)
        self.taken.append((number, reason))

    def _on_subscribe(self, _c: Any, _u: Any, number: int, reasons: list[ReasonCode], _p: Any) -> None:
        topic = self._asked.pop(number, "")
        if any(reason.is_failure for reason in reasons):
            why = reasons[0].getName().lower()
            log.warning("%s does not let us hear what is written to %r: %s", self._shown, topic, why)

    def _on_message(self, _c: Any, _u: Any, message: MQTTMessage) -> None:
        self.messages.append((message.topic, bytes(message.payload), message.retain))
