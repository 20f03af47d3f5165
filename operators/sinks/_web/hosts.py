"""Which names a page may be asked for by: a name that somebody else made lead here is none (DNS rebinding)."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

LOOPBACK = ("localhost", "127.0.0.1", "::1")
HOST = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._-]+))(?::\d{1,5})?")


def is_loopback(host: str) -> bool:
    """Return whether *host* can only be reached from this machine.

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, True, False)
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


class Hosts:
    """The names that a page listening at *host* answers to: those of this machine, and *names*.

    Where others may reach it, an address of digits will do too: nobody can make that lead elsewhere.

    >>> local = Hosts("127.0.0.1", [])
    >>> local.allow("localhost:8080"), local.allow("127.0.0.1"), local.allow("evil.example"), local.allow("10.0.0.1")
    (True, True, False, False)
    >>> Hosts("0.0.0.0", ["ears.example"]).allow("ears.example"), Hosts("0.0.0.0", []).allow("10.0.0.1:8080")
    (True, True)
    """

    def __init__(self, host: str, names: Iterable[str]) -> None:
        self._digits = not is_loopback(host)
        known = {*LOOPBACK, host.lower(), *(name.lower() for name in names)}
        if self._digits:
            own = socket.gethostname().lower()
            known |= {own, own.partition(".")[0], f"{own.partition('.')[0]}.local"}
        self._names = known - {"", "0.0.0.0", "::"}

    def allow(self, host: str) -> bool:
        """Return whether the Host header *host* names this machine."""
        match = HOST.fullmatch(host)
        if not match:
            return False
        name = (match["six"] or match["name"]).lower().removesuffix(".")
        return name in self._names or (self._digits and _is_address(name))


def same_origin(origin: str, host: str) -> bool:
    """Return whether the Origin header *origin* is of the page that is asked for by the Host header *host*.

    >>> same_origin("http://localhost:8080", "localhost:8080"), same_origin("http://localhost:81", "localhost:80")
    (True, False)
    >>> same_origin("null", "localhost"), same_origin("https://ears.example", "ears.example")
    (False, True)
    """
    try:
        split = urlsplit(origin)
    except ValueError:
        return False
    return split.scheme in ("http", "https") and split.netloc.lower() == host.lower()


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
