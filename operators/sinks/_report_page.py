"""The page of a training report: one file that needs no other."""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import datetime
from html import escape

from flowrun.models.evaluation.d_prime import d_prime
from flowrun.operators._printable import printable
from flowrun.operators.sinks._measures import short, shown
from flowrun.operators.sinks._report_figures import DARK, LIGHT, Theme, ranking
from flowrun.operators.sinks._training_history import TrainingHistory
from flowrun.schemas.late import np
from flowrun.schemas.ports import Metrics, PerClass

TILES = ("mAP", "mAUC", "d-prime", "GAP@20", "Hit@1", "loss")
ALTERNATIVES = {
    "learning_curves": "Learning curves: loss, Hit@1, mAP, GAP@20 and learning rate by epoch",
    "best_and_worst": "Average precision of the best and of the worst classes",
    "positives": "Average precision of each class by its number of examples",
    "calibration": "Share of true ones by score, and how many scores there are",
}
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


def page(
    history: TrainingHistory, light: Mapping[str, bytes], dark: Mapping[str, bytes], title: str, now: datetime
) -> str:
    """Return the page as HTML; figures are PNG, by name, in both themes."""
    pictures = {name: _picture(name, light[name], dark[name]) for name in light}
    detailed = history.detailed
    sections = [
        _tiles(history),
        _section("Learning curves", pictures.get("learning_curves", "")),
        _section("Measures", _measures(history)),
        _section("Best and worst classes", pictures.get("best_and_worst", "")),
        _pair(pictures.get(name, "") for name in ("positives", "calibration")),
        _section("All classes", _classes(detailed, detailed.per_class) if detailed and detailed.per_class else ""),
    ]
    return PAGE.format(
        title=escape(printable(title)),
        subtitle=_subtitle(history),
        style=_colours(LIGHT, "#f5f6f8")
        + f"@media (prefers-color-scheme: dark) {{ {_colours(DARK, '#0f1218')}}}\n"
        + STYLE,
        sections="".join(sections),
        now=f"{now:%Y-%m-%d %H:%M} UTC",
    )


def _colours(theme: Theme, page: str) -> str:
    named = {"page": page, **theme._asdict()}
    return f":root {{ {'; '.join(f'--{name}: {colour}' for name, colour in named.items())} }}\n"


def _section(heading: str, content: str) -> str:
    return f"<section><h2>{heading}</h2>\n{content}</section>\n" if content else ""


def _pair(contents: Iterable[str]) -> str:
    return f'<div class="pair">{"".join(f"<section>{content}</section>" for content in contents if content)}</div>\n'


def _picture(name: str, light: bytes, dark: bytes) -> str:
    of_light, of_dark = (f"data:image/png;base64,{b64encode(png).decode()}" for png in (light, dark))
    source = f'<source media="(prefers-color-scheme: dark)" srcset="{of_dark}">'
    return f'<picture>{source}<img src="{of_light}" alt="{ALTERNATIVES[name]}"></picture>\n'


def _latest(history: TrainingHistory) -> Metrics:
    return next(last for part in ("evaluation", "validation", "training") if (last := history.last(part)))


def _subtitle(history: TrainingHistory) -> str:
    latest = _latest(history)
    told = f"{latest.model} on {latest.stream}"
    return escape(printable(told)) + f" · epoch {latest.epoch:,} · step {latest.step:,}"


def _tiles(history: TrainingHistory) -> str:
    latest = _latest(history)
    tiles = []
    for name in TILES:
        if name in latest.values:
            best = None if latest.part == "evaluation" else history.best(latest.part, name)
            under = f"best {shown(name, best.value)} in epoch {best.epoch}" if best else latest.part
            under = f"the best in {latest.part}" if best and best.epoch == latest.epoch else under
            label = escape(short(name))
            tiles.append(f"<section>{label}<b>{shown(name, latest.values[name])}</b><span>{under}</span></section>")
    return f'<div class="tiles">{"".join(tiles)}</div>\n' if tiles else ""


def _measures(history: TrainingHistory) -> str:
    """Return the table of the measures of each part in its last epoch, and the best of the validation."""
    lasts = {part: last for part in ("training", "validation", "evaluation") if (last := history.last(part))}
    heads = [f"{part}, epoch {last.epoch}" for part, last in lasts.items()]
    rows = []
    for name in history.measures:
        cells = [shown(name, last.values.get(name, math.nan)) for last in lasts.values()]
        best = history.best("validation", name)
        told = f"{shown(name, best.value)} in epoch {best.epoch}" if best else "-"
        rows.append([escape(printable(name)), *cells, *([told] if "validation" in lasts else [])])
    return _table(["measure", *heads, *(["best validation"] if "validation" in lasts else [])], rows) if rows else ""


def _classes(metrics: Metrics, classes: PerClass) -> str:
    """Return the table of all classes, best first, those that could not be measured last."""
    known = ranking(classes)
    unknown = np.setdiff1d(np.arange(len(classes.labels)), known)
    rows = []
    for rank, i in enumerate([*known, *unknown], start=1):
        precision, auc = float(classes.average_precision[i]), float(classes.auc[i])
        meter = f'<meter value="{precision:.3f}"></meter>' if rank <= len(known) else ""
        measured = (f"{meter}{shown('mAP', precision)}", shown("mAUC", auc), shown("d-prime", d_prime(auc)))
        rows.append([f"{rank}", escape(printable(classes.labels[i])), f"{classes.positives[i]:,}", *measured])
    heads = ["", "class", "examples", "average precision", "AUC", "d'"]
    note = f'<p class="note">{metrics.part.capitalize()}, epoch {metrics.epoch}.</p>\n'
    return note + _table(heads, rows, named=1)


def _table(heads: list[str], rows: list[list[str]], named: int = 0) -> str:
    """Return a table of HTML; the column *named* holds names."""

    def row(tag: str, cells: list[str]) -> str:
        kinds = [' class="name"' if i == named else "" for i in range(len(cells))]
        return "".join(f"<{tag}{kind}>{cell}</{tag}>" for kind, cell in zip(kinds, cells, strict=True))

    body = "".join(f"<tr>{row('td', cells)}</tr>\n" for cells in rows)
    head = f"<thead><tr>{row('th', heads)}</tr></thead>"
    return f'<div class="scroll"><table>\n{head}\n<tbody>\n{body}</tbody>\n</table></div>\n'
