"""Where things are published, and under which names."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from urllib.parse import quote

from flowrun.schemas.stream_info import Mismatch

SPECIAL = frozenset("/+#%")  # to MQTT, and % to what is made of them
FIELDS = ("{flow}", "{host}")
LONGEST_BYTES = 1024  # MQTT takes 65,535; brokers that are services take less


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics below *root*."""

    root: str

    @property
    def event(self) -> str:
        """Each event, once."""
        return f"{self.root}/event"

    @property
    def latest(self) -> str:
        """The event that came last, retained."""
        return f"{self.root}/last"

    def latest_of(self, label: str) -> str:
        """The last event of one label, retained."""
        return f"{self.root}/last/{level(label)}"

    @property
    def availability(self) -> str:
        """`online`, or `offline`, retained."""
        return f"{self.root}/availability"

    @property
    def state(self) -> str:
        """How it goes with the run, retained."""
        return f"{self.root}/state"

    @property
    def listening(self) -> str:
        """Where to write `ON` or `OFF`."""
        return f"{self.root}/listening/set"


def level(name: str) -> str:
    """Return *name* as one level of a topic: what MQTT would take for something else becomes an escape of its bytes.

    >>> level("Vehicle horn, honking"), level("A/C #1")
    ('Vehicle horn, honking', 'A%2FC %231')
    """
    return "".join(quote(c, safe="", errors="replace") if c in SPECIAL or not c.isprintable() else c for c in name)


def filled(template: str, flow: str, host: str | None = None) -> str:
    """Return *template* with the names of the flow and, if not given, of this machine.

    >>> filled("site/{host}/{flow}", "glass alert", "pi")
    'site/pi/glass alert'
    """
    host = socket.gethostname() if host is None else host
    return template.replace("{flow}", level(flow)).replace("{host}", level(host))


def check_topic(template: str) -> None:
    """Refuse what is no topic to publish to.

    Raises:
        Mismatch: so it is.
    """
    rest = template
    for field in FIELDS:
        rest = rest.replace(field, "")
    if not template or template.startswith(("/", "$")) or template.endswith("/") or "//" in template:
        raise Mismatch(f"topic {template!r} must begin and end with a name", "topic", remedy="such as home/{flow}")
    if set(rest) & set("+#{}") or not rest.isprintable():
        known = " and ".join(FIELDS)
        raise Mismatch(f"topic {template!r} holds a wildcard or an unknown field", "topic", remedy=f"known: {known}")
    if len(template.encode("utf-8", "replace")) > LONGEST_BYTES:
        raise Mismatch(f"topic is longer than {LONGEST_BYTES} bytes", "topic")
