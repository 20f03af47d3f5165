"""The page of a cross-validation."""

from __future__ import annotations

from datetime import datetime
from html import escape

from flowrun.models.cross_validation.measures import Measures, summary
from flowrun.operators._printable import printable
from flowrun.operators.sinks._page import document, picture, section, table, tiles
from flowrun.schemas.late import np
from flowrun.schemas.ports import CrossValidation

SHOWN = 50  # of the examples that were taken for another class


def validation_page(
    validation: CrossValidation, found: Measures, light: bytes, dark: bytes, title: str, now: datetime
) -> str:
    """Return the page as HTML; the confusion matrix is PNG in both themes."""
    lines = "".join(f"<li>{escape(printable(line))}</li>\n" for line in summary(validation))
    sections = [
        tiles(
            [
                ("accuracy", _percent(found.accuracy.mean()), "of the likeliest class, thresholds left aside"),
                ("recognised", _percent(found.found), "of the examples, with the thresholds"),
                ("mistaken", _percent(found.mistaken), "taken for another class"),
                ("strangers rejected", _percent(found.rejected), "of sounds whose class was never heard"),
            ]
        ),
        section("In words", f"<ul>{lines}</ul>\n"),
        section(
            "Confusion matrix",
            picture("Confusion matrix: how often each class was taken for each, with the thresholds", light, dark),
        ),
        section("Classes", _classes(validation, found)),
        section("Taken for another class", _mistaken(validation)),
    ]
    told = escape(printable(f"{validation.model} on {validation.stream}"))
    return document(title, f"{told} · {len(validation.of_fold)} folds", sections, now)


def _classes(validation: CrossValidation, found: Measures) -> str:
    rows = [
        [
            escape(printable(label)),
            f"{int(found.confusion[i].sum()):,}",
            f"{validation.thresholds[i]:.3f}",
            _percent(found.recall[i]),
            _percent(found.precision[i]),
            _number(found.false_alarms[i]),
        ]
        for i, label in enumerate(validation.labels)
    ]
    return table(["class", "examples", "threshold", "recall", "precision", "false alarms per hour"], rows)


def _mistaken(validation: CrossValidation) -> str:
    """Return a table of the examples that another class was taken for, the surest first: labels may be wrong there."""
    truth, scores = validation.truth, validation.scores
    taken = scores.argmax(axis=1)
    wrong = np.flatnonzero((truth >= 0) & (taken != truth))
    order = wrong[np.argsort(-scores[wrong, taken[wrong]])][:SHOWN]
    if not len(order):
        return ""
    rows = [
        [
            escape(printable(str(validation.ids[i]))),
            *(escape(printable(validation.labels[label])) for label in (truth[i], taken[i])),
            f"{scores[i, taken[i]]:.3f}",
        ]
        for i in order
    ]
    note = '<p class="note">Without thresholds. Listen to them: a label may be wrong.</p>\n'
    return note + table(["example", "is", "taken for", "score"], rows)


def _percent(share: float) -> str:
    return f"{share:.1%}" if share == share else "-"


def _number(value: float) -> str:
    return f"{value:.2f}" if value == value else "-"
