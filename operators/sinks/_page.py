"""What all pages of reports have in common: one file of HTML that needs no other."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from datetime import datetime
from html import escape

from flowrun.operators._printable import printable
from flowrun.operators.sinks._figure import DARK, LIGHT, Theme

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<main>
<header><h1>{title}</h1>
<p>{subtitle}</p></header>
{sections}<footer>Written by flowrun, {now}</footer>
</main>
</body>
</html>
"""
STYLE = """\
* { box-sizing: border-box }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif }
main { max-width: 1120px; margin: 0 auto; padding: 40px 20px }
h1 { font-size: 28px; line-height: 1.2; letter-spacing: -.02em; margin: 0 0 6px }
h2 { font-size: 17px; margin: 0 0 12px }
header p, footer, .note { color: var(--muted); margin: 0 }
section { background: var(--surface); border: 1px solid var(--grid); border-radius: 12px }
section { padding: 20px; margin-top: 16px }
img { display: block; width: 100%; height: auto }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 16px; margin-top: 24px }
.tiles section { margin: 0; padding: 14px 18px }
.tiles b { display: block; font-size: 28px; line-height: 1.3; letter-spacing: -.02em }
.tiles span, .note { color: var(--muted); font-size: 13px }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(400px, 100%), 1fr)) }
.pair { gap: 16px; margin-top: 16px }
.pair section { margin: 0 }
.scroll { overflow: auto; max-height: 640px }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th { color: var(--muted); font-weight: 600; font-size: 13px; position: sticky; top: 0; background: var(--surface) }
th, td { padding: 6px 12px; text-align: right; border-bottom: 1px solid var(--grid); white-space: nowrap }
th:first-child, td:first-child, .name { text-align: left }
.name { white-space: normal; width: 40% }
meter { width: 110px; height: 8px; margin-right: 10px; vertical-align: middle }
meter { background: var(--grid); border: 0; border-radius: 4px }
meter::-webkit-meter-bar { background: var(--grid); border: 0; border-radius: 4px; height: 8px }
meter::-webkit-meter-optimum-value { background: var(--validation); border-radius: 4px }
meter::-moz-meter-bar { background: var(--validation); border-radius: 4px }
footer { font-size: 13px; margin-top: 24px }
@media print { .scroll { max-height: none } section { break-inside: avoid } }
"""


def document(title: str, subtitle: str, sections: Iterable[str], now: datetime) -> str:
    """Return the page; all but the title is HTML."""
    return PAGE.format(
        title=escape(printable(title)),
        subtitle=subtitle,
        style=_colours(LIGHT, "#f5f6f8")
        + f"@media (prefers-color-scheme: dark) {{ {_colours(DARK, '#0f1218')}}}\n"
        + STYLE,
        sections="".join(sections),
        now=f"{now:%Y-%m-%d %H:%M} UTC",
    )


def tiles(figures: Iterable[tuple[str, str, str]]) -> str:
    """Return large figures: of each what it is, its value, and what to say below."""
    shown = [f"<section>{what}<b>{value}</b><span>{below}</span></section>" for what, value, below in figures]
    return f'<div class="tiles">{"".join(shown)}</div>\n' if shown else ""


def section(heading: str, content: str) -> str:
    """Return a section; nothing where there is no content."""
    return f"<section><h2>{heading}</h2>\n{content}</section>\n" if content else ""


def pair(contents: Iterable[str]) -> str:
    """Return sections that stand beside each other."""
    return f'<div class="pair">{"".join(f"<section>{content}</section>" for content in contents if content)}</div>\n'


def picture(alternative: str, light: bytes, dark: bytes) -> str:
    """Return a PNG in both themes, inside the page, with a text for who cannot see it."""
    of_light, of_dark = (f"data:image/png;base64,{b64encode(png).decode()}" for png in (light, dark))
    source = f'<source media="(prefers-color-scheme: dark)" srcset="{of_dark}">'
    return f'<picture>{source}<img src="{of_light}" alt="{escape(alternative)}"></picture>\n'


def table(heads: list[str], rows: list[list[str]], named: int = 0) -> str:
    """Return a table of HTML; the column *named* holds names."""

    def row(tag: str, cells: list[str]) -> str:
        kinds = [' class="name"' if i == named else "" for i in range(len(cells))]
        return "".join(f"<{tag}{kind}>{cell}</{tag}>" for kind, cell in zip(kinds, cells, strict=True))

    body = "".join(f"<tr>{row('td', cells)}</tr>\n" for cells in rows)
    head = f"<thead><tr>{row('th', heads)}</tr></thead>"
    return f'<div class="scroll"><table>\n{head}\n<tbody>\n{body}</tbody>\n</table></div>\n'


def _colours(theme: Theme, page: str) -> str:
    named = {"page": page, **theme._asdict()}
    return f":root {{ {'; '.join(f'--{name}: {colour}' for name, colour in named.items())} }}\n"
