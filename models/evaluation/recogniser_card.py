"""The measured part of a recogniser's model card, in Markdown."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from statistics import median
from textwrap import wrap

from flowrun.models.evaluation.detection import USUAL, Detection
from flowrun.models.evaluation.recogniser_quality import Category, Hits, Quality

WORST = 10  # classes that are named
WATCHED = ("glass_breaking", "siren", "crying_baby", "dog")
FIGURE = "detection.png"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the card says beside the measures: who was measured, on what, and how large and fast it is.

    speed: what was timed, with its result in words.
    """

    student: str
    teacher: str
    command: str
    folds: Collection[int]
    bytes: int
    parameters: int
    speed: Mapping[str, str] = field(default_factory=dict)


def measured_part(quality: Quality, facts: Facts) -> str:
    """Return the measures as Markdown; every number in it is measured."""
    told = "\n\n".join(
        [
            f"Measured by `{facts.command}` on {_clips(quality, facts)}.",
            "### Size and speed\n\n" + _size(facts),
            f"### As its teacher, {facts.teacher}, hears it\n\n" + _agreement(quality, facts),
            "### What is in the clips\n\n" + _categories(quality, facts),
            "### Detection\n\n" + _detection(quality, facts),
            "### Where it fails\n\n" + _worst(quality),
        ]
    )
    return "\n".join(line if line.startswith("|") else _wrapped(line) for line in told.splitlines())


def _clips(quality: Quality, facts: Facts) -> str:
    folds = " and ".join(map(str, sorted(facts.folds)))
    minutes = quality.clips * quality.clip_s / 60
    name = "fold" if len(facts.folds) == 1 else "folds"
    return (
        f"the {quality.clips} clips ({minutes:.0f} minutes) of {len(quality.categories)} classes in {name} {folds} of "
        "ESC-50, at 16 kHz"
    )


def _size(facts: Facts) -> str:
    size = f"{facts.bytes / 1e6:.2f} MB, {facts.parameters:,} parameters."
    rows = [f"| {what} | {value} |" for what, value in facts.speed.items()]
    return "\n".join([size, *(["", "| one core, one window at a time | |", "|---|---|", *rows] if rows else [])])


def _agreement(quality: Quality, facts: Facts) -> str:
    classes = sorted(quality.class_correlation.values())
    lowest = min(quality.clip_correlation)
    by_class = ""
    if classes:
        mean, middle = sum(classes) / len(classes), median(classes)
        by_class = (
            f"| correlation of a class over the clips, mean of {len(classes)} classes | {mean:.3f} |\n"
            f"| the same, median | {middle:.3f} |\n"
        )
    return (
        "| measure | value |\n|---|---|\n"
        f"| correlation of the scores of a clip, mean over the clips | {quality.mean_correlation:.3f} |\n"
        f"| the same, lowest clip | {lowest:.3f} |\n"
        f"{by_class}"
        f"| mAP, the teacher's scores >= 0.3 for labels, {quality.classes_to_teacher} classes | "
        f"{quality.map_to_teacher:.3f} |\n\n"
        "Correlations are Pearson's, of scores averaged over the windows of a clip; a class counts where the teacher "
        "gives it 0.1 or more in some window."
    )


def _categories(quality: Quality, facts: Facts) -> str:
    rows = [
        f"| {name} | {found.hits.teacher} of {found.clips} | {found.hits.student} of {found.clips} | "
        f"{found.teacher.average_precision:.3f} | {found.student.average_precision:.3f} |"
        for name, found in quality.categories.items()
    ]
    head = f"five best: {facts.teacher} | five best: {facts.student} | AP: {facts.teacher} | AP: {facts.student}"
    return "\n".join(
        [
            "A clip is a hit when a right AudioSet class is among its five best.",
            "",
            f"| five best, by | {facts.teacher} | {facts.student} | of {facts.teacher}'s hits kept |",
            "|---|---|---|---|",
            _hits("the mean over the windows", quality.hits_by_mean, quality.clips),
            _hits("the maximum over the windows", quality.hits_by_max, quality.clips),
            "",
            f"By class, with the maximum over the windows; mAP: {facts.teacher} {quality.map_teacher:.3f}, "
            f"{facts.student} {quality.map_student:.3f}.",
            "",
            f"| class | {head} |",
            "|---|---|---|---|---|",
            *rows,
        ]
    )


def _hits(what: str, hits: Hits, clips: int) -> str:
    kept = f"{hits.kept / hits.teacher:.1%}" if hits.teacher else "there are none"
    return f"| {what} | {hits.teacher / clips:.1%} | {hits.student / clips:.1%} | {kept} |"


def _detection(quality: Quality, facts: Facts) -> str:
    watched = {name: quality.categories[name] for name in WATCHED if name in quality.categories}
    rows = [f"| {name} | {_found(found.teacher)} | {_found(found.student)} |" for name, found in watched.items()]
    usual = [f"| {name} | {_usual(found.teacher)} | {_usual(found.student)} |" for name, found in watched.items()]
    allowed = {found.student.false_alarms for found in watched.values()}
    most = max(allowed, default=0)
    others = (quality.clips - max((found.clips for found in watched.values()), default=0)) * quality.clip_s / 60
    return "\n".join(
        [
            "Found at one false alarm an hour, and the threshold for it. An alarm is a clip with a window at the "
            f"threshold or above. The other clips last {others:.0f} minutes or more, so one an hour is "
            f"{most or 'none'} of them. The dots in the picture are there.",
            "",
            f"| sound | {facts.teacher} | {facts.student} |",
            "|---|---|---|",
            *rows,
            "",
            f"At the threshold that most flows begin with, {USUAL:g}:",
            "",
            f"| sound | {facts.teacher} | {facts.student} |",
            "|---|---|---|",
            *usual,
            "",
            f"![Precision and recall of {', '.join(watched)}]({FIGURE})",
        ]
    )


def _found(found: Detection) -> str:
    at = f" from {found.threshold:.3f} on" if found.threshold is not None else ""
    return f"{found.recall:.0%}{at}, AP {found.average_precision:.3f}"


def _usual(found: Detection) -> str:
    return f"{found.usual_recall:.0%}, {found.usual_alarms_per_hour:.1f} false alarms an hour"


def _worst(quality: Quality) -> str:
    classes = sorted(quality.class_correlation.items(), key=lambda pair: pair[1])[:WORST]
    listed = ", ".join(f"{label} ({value:.2f})" for label, value in classes)
    by_recall = sorted(quality.categories.items(), key=lambda pair: _gap(pair[1]), reverse=True)
    missed = ", ".join(
        f"{name} ({found.student.average_precision:.2f} instead of {found.teacher.average_precision:.2f})"
        for name, found in by_recall[:5]
        if _gap(found) > 0
    )
    lines = [f"* Least like the teacher, by the correlation over the clips: {listed}."] if classes else []
    return "\n".join([*lines, f"* Furthest behind the teacher in average precision: {missed or 'no class'}."])


def _gap(found: Category) -> float:
    return found.teacher.average_precision - found.student.average_precision


def _wrapped(line: str) -> str:
    indent = "  " if line.startswith("* ") else ""
    kept = wrap(line, 120, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return "\n".join(kept)
