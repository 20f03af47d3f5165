"""Names of recordings: from a template, and never outside their folder."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from string import Formatter

FIELDS = ("date", "time", "label", "stream", "id")
NAME_BYTES = 200  # of the 255 that file systems allow: suffixes and what marks an unfinished file need some
VALUE_BYTES = 60  # so that a long label leaves room for what comes after it


def fields_of(template: str) -> set[str]:
    """Return the fields of *template*.

    Raises:
        ValueError: it is no template, or leads out of the folder.

    >>> sorted(fields_of("{date}/{label}"))
    ['date', 'label']
    >>> fields_of("../{label}")
    Traceback (most recent call last):
    ValueError: it must lead to a file inside the folder
    """
    parts = list(Formatter().parse(template))
    if any(part[2] or part[3] for part in parts):
        raise ValueError("a field is its name in braces, nothing more")
    written = "".join(part[0] for part in parts)
    if "\0" in written or "\\" in written or any(name in ("", ".", "..") for name in template.split("/")):
        raise ValueError("it must lead to a file inside the folder")
    return {part[1] for part in parts if part[1] is not None}


def named(template: str, at: datetime, values: Mapping[str, str]) -> str:
    """Return the name that *template* gives, without a suffix; a value is never more than a part of a name.

    >>> at = datetime(2026, 5, 1, 6, 30, 9, tzinfo=UTC)
    >>> named("{date}/{time}_{label}", at, {"label": "../../Dog, bark"})
    '2026-05-01/06-30-09Z_______Dog, bark'
    """
    at = at.astimezone(UTC)
    known = {"date": f"{at:%Y-%m-%d}", "time": f"{at:%H-%M-%SZ}"}
    known |= {key: safe(value) for key, value in values.items()}
    return "/".join(part.encode()[:NAME_BYTES].decode(errors="ignore") for part in template.format(**known).split("/"))


def safe(text: str) -> str:
    """Return *text* with what could mean something in a path replaced.

    >>> safe("a/b.wav"), safe(" ")
    ('a_b_wav', '_')
    """
    harmless = "".join(c if c.isalnum() or c in " ,-_+" else "_" for c in text).strip()
    return harmless.encode()[-VALUE_BYTES:].decode(errors="ignore") or "_"  # the end of a path tells more
