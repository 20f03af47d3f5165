"""Addresses of streams, and what of them may be shown: no user, no password, no token."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

SCHEMES = ("http", "https", "rtsp", "rtsps", "rtmp", "rtmps", "rtmpt", "rtmpts", "srt", "rtp", "udp")
ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s'\"<>]+")
VALUE = re.compile(r"=[^&;=]{3,}")  # of one or two characters it is a channel, not a secret
MASK = "***"


def fault(url: str) -> str:
    """Return what is wrong with *url* as the address of a stream, without showing it; "" where nothing is.

    >>> fault("rtsp://admin:pass@camera.lan/1"), fault("/etc/passwd"), fault("file:///etc/passwd")
    ('', "it has no scheme such as 'rtsp://'", "its scheme is 'file'")
    """
    scheme, separator, rest = url.partition("://")
    if not separator or not scheme.isalnum():
        return "it has no scheme such as 'rtsp://'"
    if scheme.lower() not in SCHEMES:
        return f"its scheme is {scheme!r}"
    if not url.isprintable() or " " in url:
        return "it holds a blank or a control character"
    # Where a password holds one of these as it is, nobody can tell where the password ends.
    after = re.sub(r"^[^/?#]*", "", rest)
    if "@" in after or "#" in after:
        return "'@', '/', '?' and '#' inside a name, a password or a path must be written as %40, %2F, %3F and %23"
    try:
        split = urlsplit(url)
        if not split.hostname or split.port == 0:
            return "it has no host"
    except ValueError:  # its text would show what stands in the place of the port
        return "its host or port cannot be read"
    return ""


def shown(url: str, *, path: bool = True) -> str:
    """Return *url* without its user and password, and with the values of its query hidden; without its *path* if so.

    >>> shown("rtsp://admin:pass@nvr.lan:554/live?channel=2&token=abcdef")
    'rtsp://nvr.lan:554/live?channel=2&token=***'
    >>> shown("https://radio.example/KEY", path=False)
    'https://radio.example/***'
    """
    if fault(url):
        return f"{url.partition('://')[0]}://{MASK}"
    split = urlsplit(url)
    start = f"{split.scheme}://{split.netloc.rpartition('@')[2]}"
    if not path:
        return f"{start}/{MASK}"
    words = [word if "=" in word or len(word) < 3 else MASK for word in split.query.split("&")]
    query = f"?{'&'.join(words)}" if split.query else ""
    return start + VALUE.sub(f"={MASK}", split.path + query)


def hidden(text: str, url: str, *, path: bool = True) -> str:
    """Return *text*, which another program wrote about *url*, with nothing in it that `shown` would not show.

    >>> hidden("http://u:pw@host/?key=abc failed: pw", "http://u:pw@host/?key=abc")
    'http://host/?key=*** failed: ***'
    """
    text = text.replace(url, shown(url, path=path))
    text = ADDRESS.sub(lambda match: _address(match[0], path), text)
    for secret in sorted(_secrets(url, path), key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text


def _secrets(url: str, path: bool) -> set[str]:
    """Return what `shown` leaves out of *url*, as it stands there and decoded."""
    split = urlsplit(url)
    values = [word.partition("=")[2] if "=" in word else word for word in split.query.split("&")]
    values += [] if path else [split.path.strip("/")]
    parts = {part for part in values if len(part) > 2} | {split.password or split.username or ""}
    return (parts | set(map(unquote, parts))) - {""}


def _address(found: str, path: bool) -> str:
    address = found.rstrip(":,.;!)")  # what follows it in a sentence
    return shown(address, path=path) + found[len(address) :]
