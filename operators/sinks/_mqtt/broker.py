"""Where an MQTT broker is, and what lets us in."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from flowrun.schemas.stream_info import Mismatch

if TYPE_CHECKING:
    import ssl

PORTS = {"mqtt": 1883, "mqtts": 8883}  # registered with IANA for MQTT, and MQTT over TLS
ESCAPES = "'@', '/', '?' and '#' in a password are written %40, %2F, %3F and %23"


@dataclass(frozen=True, slots=True)
class Broker:
    """An MQTT broker.

    tls: whether the connection is encrypted. ca: certificates that its own is checked with, instead of the system's.
    cert, key: our certificate and its key, if it wants one; *cert* may hold both.
    """

    host: str
    port: int
    tls: bool
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None

    @property
    def shown(self) -> str:
        """The address, without what must not be seen."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.tls else 'mqtt'}://{host}:{self.port}"

    def context(self) -> ssl.SSLContext | None:
        """Return what TLS needs, read anew: certificates are renewed while a flow runs. None without TLS.

        Raises:
            OSError: a file cannot be read, or holds no certificate or no key.
        """
        if not self.tls:
            return None
        import ssl

        class Closing(ssl.SSLSocket):  # paho leaves a socket open whose handshake has failed
            def do_handshake(self, block: bool = False) -> None:
                try:
                    super().do_handshake(block)
                except OSError:
                    self.close()
                    raise

        context = ssl.create_default_context(cafile=self.ca)
        context.sslsocket_class = Closing
        if self.cert:
            # Without a password an encrypted key would be asked for at the terminal.
            context.load_cert_chain(self.cert, self.key, password="")
        return context


def broker_at(
    url: str,
    username: str | None = None,
    password: str | None = None,
    ca: Path | None = None,
    cert: Path | None = None,
    key: Path | None = None,
) -> Broker:
    """Return the broker at *url*, which may hold the user name and the password too.

    Raises:
        Mismatch: the address cannot be read, or the options do not fit together; the text does not show the address.

    >>> broker_at("mqtts://ann:p%40ss@broker.lan").shown
    'mqtts://broker.lan:8883'
    """
    wrong = _fault(url)
    if wrong:
        raise Mismatch(f"this is not the address of a broker: {wrong}", "url", remedy="such as mqtt://localhost:1883")
    split = urlsplit(url)
    tls = split.scheme == "mqtts"
    for name, given in (("ca", ca), ("cert", cert), ("key", key)):
        if given and not tls:
            raise Mismatch(f"{name} is for TLS", name, remedy="write mqtts:// in `url`, or leave it out", at_key=True)
    if key and not cert:
        raise Mismatch("a key is of no use without its certificate", "key", remedy="set `cert`", at_key=True)
    username = username or (unquote(split.username) if split.username else None)
    password = password or (unquote(split.password) if split.password else None)
    if password and not username:
        raise Mismatch("a password needs a user name", "password", remedy="set `username`", at_key=True)
    host = split.hostname or ""
    return Broker(host, split.port or PORTS[split.scheme], tls, username, password, ca, cert, key)


def _fault(url: str) -> str:
    """Return what is wrong with *url* as the address of a broker, without showing it; "" where nothing is."""
    if not url.isprintable() or " " in url:
        return "it holds a blank or a control character"
    try:
        split = urlsplit(url)
        port = split.port
    except ValueError:  # its text would show what stands in the place of the port
        return f"its host or port cannot be read; {ESCAPES}"
    if split.scheme not in PORTS:
        return "it does not begin with mqtt:// or mqtts://"
    if not split.hostname or port == 0:
        return "it has no host, or the port 0"
    if split.path.strip("/") or split.query or split.fragment:
        return f"something follows the port; the topic is an option, and {ESCAPES}"
    return ""
