"""The second line of defence: whatever text leaves by a log, an error or a report, no secret of the flow is in it.

The first is that nobody writes a secret into a text. But what libraries say of their failures is not ours. The secrets
are those of the process, as its log is: what one flow knows is hidden from the messages of all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from threading import Lock
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

MASK = "***"
SHORTEST = 4  # what is shorter cannot be told from other text
LONG = 8  # what is at least so long is hidden inside a word too
PASSWORD = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)[^\s/?#'\"<>]*:[^\s/?#'\"<>]*@")  # with the user's name
TELLING = re.compile(r"token|key|secret|pass|pwd|auth|sig", re.I)  # names of values in the query of an address

_lock = Lock()
_known: set[str] = set()
_pattern: re.Pattern[str] | None = None


def hide(secret: str) -> None:
    """Have `redacted` hide *secret* from now on, and what is secret in it if it is an address."""
    global _pattern
    with _lock:
        _known.update(form for part in _parts(secret) for form in _forms(part))
        ordered = sorted(_known, key=len, reverse=True)
        _pattern = re.compile("|".join(map(_bounded, ordered))) if ordered else None


def forget() -> None:
    """Hide nothing that is known so far."""
    global _pattern
    with _lock:
        _known.clear()
        _pattern = None


def redacted(text: str, mask: str = MASK) -> str:
    """Return *text* without the secrets that are known.

    >>> hide("correct horse"), redacted("401 for correct%20horse"), forget()
    (None, '401 for ***', None)
    """
    return _pattern.sub(lambda _: mask, text) if _pattern else text


def without_passwords(text: str) -> str:
    """Return *text* without the secrets that are known, and without user and password of any address in it.

    >>> without_passwords("cannot reach mqtt://ann:hunter2@broker.lan:1883")
    'cannot reach mqtt://***@broker.lan:1883'
    """
    return PASSWORD.sub(rf"\g<scheme>{MASK}@", redacted(text)) if "://" in text else redacted(text)


def redacted_data(data: Any) -> Any:
    """Return *data*, as JSON knows it, with each text in it redacted; what is no JSON becomes text."""
    if isinstance(data, dict):
        return {redacted(str(key)): redacted_data(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [redacted_data(value) for value in data]
    return data if data is None or isinstance(data, (bool, int, float)) else redacted(str(data))


def secrets_in(address: str) -> Iterator[str]:
    """Yield the password and the tokens of *address*; nothing if it is none.

    >>> list(secrets_in("rtsp://ann:p%40ss@cam.lan/1?channel=2&token=abcdef"))
    ['p%40ss', 'abcdef']
    """
    try:
        split = urlsplit(address) if "://" in address else None
    except ValueError:  # it is no address after all
        return
    if split is None:
        return
    if "@" in split.netloc:
        user, colon, password = split.netloc.rpartition("@")[0].partition(":")
        yield from [password] if colon else [user]  # a lone name is a token, as of ntfy://TOKEN@host
    yield from (value for name, value in parse_qsl(split.query) if TELLING.search(name))


def _parts(secret: str) -> Iterator[str]:
    yield secret
    yield from secrets_in(secret)
    lines = secret.splitlines()
    yield from lines if len(lines) > 1 else ()  # a log tells lines: those of a private key


def _forms(secret: str) -> set[str]:
    """Return *secret* as it may stand in an address, in JSON and in Python's own messages."""
    plain = unquote(secret)
    forms = {secret, plain, quote(plain, safe=""), quote(plain), quote_plus(plain), repr(str(plain))[1:-1]}
    forms |= {json.dumps(plain)[1:-1], json.dumps(plain, ensure_ascii=False)[1:-1]}
    return {form for form in forms if len(form.strip()) >= SHORTEST}


def _bounded(form: str) -> str:
    """Return a pattern of *form*; a short one must stand alone, or the password "pass" would hide that tests passed."""
    found = re.escape(form)
    return found if len(form) >= LONG else rf"(?<![^\W_]){found}(?![^\W_])"
