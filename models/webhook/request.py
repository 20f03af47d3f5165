"""The headers of a message, and what may be wrong with what the user says of them."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from importlib.metadata import version
from urllib.parse import quote, unquote, urlsplit

from flowrun.models.webhook.signature import HEADER, signature

NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
OURS = frozenset({"connection", "content-length", "content-type", "host", "idempotency-key", "transfer-encoding"})


def fault(url: str, headers: Mapping[str, str]) -> dict[str, str]:
    """Return what is wrong with *url* and *headers*, by option, without showing them.

    >>> fault("ftp://host/a", {}), fault("https://host/a", {"Host": "b"})
    ({'url': 'url must begin with http:// or https://'}, {'headers': "headers: 'Host' is set by flowrun"})
    """
    if wrong := _fault(url):
        return {"url": f"url {wrong}"}
    for name, value in headers.items():
        if not NAME.fullmatch(name):
            return {"headers": f"headers: {name!r} is no name of a header"}
        if name.lower() in OURS or name.lower() == HEADER.lower():
            return {"headers": f"headers: {name!r} is set by flowrun"}
        if not value.isascii() or not value.isprintable():
            return {"headers": f"headers: the value of {name!r} has a character that no header may have"}
    return {}


def _fault(url: str) -> str:
    try:
        split = urlsplit(url)
        port = split.port
    except ValueError:  # its text would show what stands in the place of the port
        return "has a host or port that cannot be read"
    if split.scheme not in ("http", "https"):
        return "must begin with http:// or https://"
    if not url.isascii() or not url.isprintable() or " " in url:
        return "has a blank or another character that must be written as %XX"
    if not split.hostname or port == 0:
        return "has no host"
    return "must not have a part behind '#'" if split.fragment else ""


def headers_of(
    url: str, given: Mapping[str, str], secret: str | None, name: str, body: bytes, at: int
) -> dict[str, str]:
    """Return the headers of a message.

    Args:
        url: Where it goes; a user and a password in it are told as `Authorization`.
        given: Those that the user wants.
        secret: Signs it.
        name: Id of the event.
        body: The event.
        at: The time of day, s since 1970.
    """
    headers = {
        "User-Agent": f"flowrun/{version('flowrun')}",
        "Accept": "*/*",
        "Content-Type": "application/json",
        "Idempotency-Key": quote(name, safe="!#$&'()*+,/:;=?@[]^`{|} "),  # as it is, but for what no header may have
    }
    split = urlsplit(url)
    if split.username is not None:
        user = f"{unquote(split.username)}:{unquote(split.password or '')}"
        headers["Authorization"] = f"Basic {base64.b64encode(user.encode()).decode()}"
    if secret:
        headers[HEADER] = signature(secret, body, at)
    theirs = {key.lower() for key in given}
    return {key: value for key, value in headers.items() if key.lower() not in theirs} | dict(given)
