"""Where a DeviceHive is: one address, from which the others follow."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

SCHEMES = {"ws": "http", "wss": "https", "http": "http", "https": "https"}  # each with that of REST
ENDS = ("/websocket", "/rest")


@dataclass(frozen=True, slots=True)
class Address:
    """The addresses of one DeviceHive.

    websocket: None where the address given is one of REST. tokens: where REST gives tokens, the likeliest first.
    """

    websocket: str | None
    rest: str
    tokens: tuple[str, ...]

    @property
    def host(self) -> str:
        """The host, and the port if it was given."""
        return urlsplit(self.rest).netloc


def fault(url: str) -> str:
    """Return what is wrong with *url* as the address of a DeviceHive, without showing it; "" where nothing is.

    >>> fault("ws://hive.lan/api/websocket"), fault("hive.lan/api"), fault("mqtt://hive.lan")
    ('', "it has no scheme such as 'ws://'", "its scheme is 'mqtt'")
    """
    scheme, separator, _ = url.partition("://")
    if not separator:
        return "it has no scheme such as 'ws://'"
    if scheme.lower() not in SCHEMES:
        return f"its scheme is {scheme!r}"
    if not url.isprintable() or " " in url:
        return "it holds a blank or a control character"
    try:
        split = urlsplit(url)
        if not split.hostname or split.port == 0:
            return "it has no host"
    except ValueError:
        return "its host or port cannot be read"
    if "@" in split.netloc:
        return "a login is no part of it: use `login` and `password`"
    return "it has a query" if split.query or split.fragment else ""


def address_of(url: str) -> Address:
    """Return the addresses that follow from *url*, of the WebSocket or of REST.

    A deployment of several servers has tokens under `/auth/rest`, behind the same proxy; a lone one beside the rest.

    >>> address_of("wss://hive.lan/api/websocket")
    Address(websocket='wss://hive.lan/api/websocket', rest='https://hive.lan/api/rest', tokens=('https://hive.lan/auth/rest', 'https://hive.lan/api/rest'))
    >>> address_of("http://hive.lan:8080/dh/rest/")
    Address(websocket=None, rest='http://hive.lan:8080/dh/rest', tokens=('http://hive.lan:8080/dh/rest',))
    """  # noqa: E501
    split = urlsplit(url.rstrip("/"))
    path = split.path
    for end in ENDS:
        path = path.removesuffix(end)
    origin = f"{SCHEMES[split.scheme.lower()]}://{split.netloc}"
    rest = f"{origin}{path}/rest"
    tokens = (f"{origin}/auth/rest", rest) if path == "/api" else (rest,)
    over_websocket = split.scheme.lower() in ("ws", "wss")
    return Address(f"{split.scheme}://{split.netloc}{split.path}" if over_websocket else None, rest, tokens)
