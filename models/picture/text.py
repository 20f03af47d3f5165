"""Text in a picture: a font that has its letters, and as much of it as there is room for."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

# Pillow brings a font with the Latin letters. Others are looked for among the machine's, by their usual names.
OTHERS = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "NotoSansCJK-Regular.ttc", "wqy-zenhei.ttc", "Arial Unicode.ttf")
NO_CHARACTER = "\uffff"  # what a font shows for it, it shows for all it has not
ELLIPSIS = "…"  # not in every font


@lru_cache(256)  # as many texts as a picture has; the names of recordings have no end
def font_for(text: str, size: int) -> FreeTypeFont:
    """Return the font that lacks the fewest letters of *text*; there is a box for each of them."""
    if text.isascii():
        return _font("", size)
    fonts = [_font(name, size) for name in ("", *OTHERS) if _is_there(name)]
    return min(fonts, key=lambda font: _lacking(font, text))


def width_of(text: str, size: int) -> int:
    """Return how many pixels *text* is wide."""
    return round(font_for(text, size).getlength(text))


def shortened(text: str, size: int, room: int, *, keep_end: bool = False) -> str:
    """Return *text*, or as much of its start, or of its end, as *room* pixels hold.

    >>> shortened("short", 16, 200), shortened("too long a text", 16, 70), shortened("a/b/c.wav", 16, 60, keep_end=True)
    ('short', 'too lon…', '…/c.wav')
    """
    if width_of(text, size) <= room:
        return text
    font = font_for(text + ELLIPSIS, size)  # chosen once: that takes longer than to measure
    lengths = range(min(len(text) - 1, room), 0, -1)
    pieces = (ELLIPSIS + text[-n:] if keep_end else text[:n].rstrip() + ELLIPSIS for n in lengths)
    return next((piece for piece in pieces if font.getlength(piece) <= room), ELLIPSIS)


@cache
def _font(name: str, size: int) -> FreeTypeFont:
    from PIL import ImageFont

    font = ImageFont.truetype(name, size) if name else ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise RuntimeError("this Pillow has no FreeType: install it from a wheel")
    return font


@cache
def _is_there(name: str) -> bool:
    try:
        _font(name, 16)
    except OSError:
        return False
    return True


def _lacking(font: FreeTypeFont, text: str) -> int:
    missing = bytes(font.getmask(NO_CHARACTER))
    return sum(bytes(font.getmask(letter)) == missing for letter in set(text) if not letter.isspace())
