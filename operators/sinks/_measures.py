"""The measures of `Metrics`: their order and how they are shown."""

from __future__ import annotations

import math
from collections.abc import Iterable

MEASURES = {  # name: short name, format
    "loss": ("loss", ".4f"),
    "Hit@1": ("Hit@1", ".4f"),
    "PERR": ("PERR", ".4f"),
    "GAP@20": ("GAP@20", ".4f"),
    "mAP": ("mAP", ".4f"),
    "mAUC": ("AUC", ".4f"),
    "d-prime": ("d'", ".3f"),
    "ECE": ("ECE", ".4f"),
    "learning rate": ("learning rate", ".3g"),
    "examples/s": ("examples/s", ".0f"),
}


def ordered(names: Iterable[str]) -> list[str]:
    """Return *names* in the order in which they are shown, unknown ones last.

    >>> ordered(["mine", "mAP", "loss"])
    ['loss', 'mAP', 'mine']
    """
    known = list(MEASURES)
    return sorted(names, key=lambda name: known.index(name) if name in MEASURES else len(known))


def short(name: str) -> str:
    """Return the name of a measure where room is scarce.

    >>> short("d-prime"), short("mine")
    ("d'", 'mine')
    """
    return MEASURES[name][0] if name in MEASURES else name


def shown(name: str, value: float) -> str:
    """Return a measured value as text; a dash for none.

    >>> shown("mAP", 0.19234), shown("examples/s", 5321.4), shown("mAUC", float("nan"))
    ('0.1923', '5321', '-')
    """
    return "-" if math.isnan(value) else format(value, MEASURES[name][1] if name in MEASURES else ".4g")
