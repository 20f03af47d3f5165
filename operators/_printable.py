"""Text that is safe on a line, on a terminal and in UTF-8."""

from __future__ import annotations

from unicodedata import category

UNSAFE = frozenset({"Cc", "Cs", "Zl", "Zp"})  # control characters, lone surrogates, line and paragraph separators


def printable(text: str) -> str:
    r"""Return *text* with what could break a line, steer a terminal or not be encoded written as an escape.

    >>> printable("a\x1b[2J\nb"), printable("été 犬"), printable("\udcff.wav")
    ('a\\x1b[2J\\nb', 'été 犬', '\\udcff.wav')
    """
    if text.isprintable():  # the usual case, and fast
        return text
    return "".join(c.encode("unicode_escape").decode() if category(c) in UNSAFE else c for c in text)
