"""The colours that stand on each other can be told apart by everybody: WCAG 2.2, AA, in light and in dark."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).parents[2] / "operators" / "sinks" / "_web" / "static" / "css" / "tokens.css"
PAIR = re.compile(r"--([\w-]+): light-dark\(#([0-9a-f]{6}), #([0-9a-f]{6})\)")
TEXT, SHAPE = 4.5, 3.0  # contrasts that AA asks of small text, and of the edges of controls

ON = {
    TEXT: (
        *(
            (ink, ground)
            for ink in ("ink", "muted", "accent", "warn", "bad")
            for ground in ("page", "surface", "raised")
        ),
        *(("accent", "tint"), ("warn", "warn-tint"), ("bad", "bad-tint"), ("on-accent", "accent")),
        *(("ink", "tint"), ("ink", "warn-tint"), ("ink", "bad-tint")),
    ),
    SHAPE: (("edge", "page"), ("edge", "surface"), ("accent", "raised")),
}


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour, rrggbb. Source: WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21.

    >>> contrast("ffffff", "000000")
    21.0
    """
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_what_stands_on_each_other_can_be_told_apart(theme: int) -> None:
    colours = {name: pair[theme] for name, *pair in PAIR.findall(TOKENS.read_text())}
    weak = {
        f"{ink} on {ground}": round(contrast(colours[ink], colours[ground]), 2)
        for least, pairs in ON.items()
        for ink, ground in pairs
        if contrast(colours[ink], colours[ground]) < least
    }
    assert weak == {}


def test_no_other_sheet_names_a_colour_of_the_page() -> None:
    """What lies over the spectrogram is dark in both themes: those colours are of the picture."""
    sheets = {sheet.name: sheet.read_text() for sheet in TOKENS.parent.glob("*.css") if sheet != TOKENS}
    named = {name: set(re.findall(r"#[0-9a-f]{3,8}\b(?![\w-])", text)) for name, text in sheets.items()}
    assert set().union(*named.values()) <= {"#000004", "#e9ecf1", "#aab3c0", "#3fd0bd", "#fff"}
