"""The picture of `flowrun explain`: the sound, the scores against their thresholds, and the events."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from flowrun.models.atomic_file import atomic_file
from flowrun.models.picture.curves import Curve
from flowrun.models.picture.drawing import draw
from flowrun.models.picture.lanes import Mark, Marks
from flowrun.models.picture.spectrogram import Spectrogram
from flowrun.operators._printable import printable
from flowrun.runtime.testing.explanation import Explanation
from flowrun.schemas.errors import FlowrunError
from flowrun.schemas.ports import Audio

CURVES = 6


def save(path: Path, title: str, audio: Sequence[Audio], found: Sequence[Explanation]) -> None:
    """Draw what was heard and decided into *path*, a PNG.

    Raises:
        FlowrunError: there is no sound to draw.
    """
    if not any(len(block.samples) for block in audio):
        raise FlowrunError(f"{title}: no sound, so there is nothing to draw")
    sound = Spectrogram(audio[0].rate_hz)
    for block in audio:
        sound.add(block.samples, block.start_sample)
    sound.finish()
    marks = Marks()
    for explanation in found:
        for event in explanation.events:
            if event.id not in explanation.withheld:
                marks.add(Mark(event.score, event.start_s, event.end_s, printable(event.label)))
    picture = draw(printable(title), sound, marks, curves(found))
    with atomic_file(path, "wb") as out:
        picture.save(out, "png")


def curves(found: Sequence[Explanation]) -> list[Curve]:
    """Return the scores of the labels that came nearest to their thresholds, or went furthest over them."""
    by_label: dict[tuple[str, float], list[tuple[float, float, float]]] = {}
    for explanation in found:
        for d in explanation.decisions:
            by_label.setdefault((printable(d.label), d.threshold), []).append((d.start_s, d.end_s, d.score))
    every = [Curve(label, limit, sorted(set(windows))) for (label, limit), windows in by_label.items()]
    best = sorted(every, key=lambda curve: -curve.reach)[:CURVES]
    return [curve for curve in every if curve in best]
