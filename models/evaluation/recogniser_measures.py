"""How well a small recogniser does what its teacher does, and how well both find what is in labelled clips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from flowrun.models.evaluation.agreement import correlations
from flowrun.models.evaluation.detection import Detection, detection
from flowrun.models.evaluation.ranked import average_precision_and_auc
from flowrun.models.evaluation.recogniser_quality import Category, ClipScores, Hits, Quality
from flowrun.models.evaluation.top_classes import top_classes
from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BEST = 5  # classes that a person would look at
SAID = 0.1  # score of the teacher in some window from which a class is worth comparing
SURE = 0.3  # score of the teacher in some window of a clip that makes the class a label of it
FALSE_ALARMS_PER_HOUR = 1.0


def measure(
    student: ClipScores,
    teacher: ClipScores,
    categories: Sequence[str],
    labels: Sequence[str],
    names: Mapping[str, Sequence[str]],
    clip_s: float,
) -> Quality:
    """Measure a student against its teacher and against the truth.

    Args:
        student: Its scores.
        teacher: Its teacher's, of the same clips and classes.
        categories: What is in each clip.
        labels: The classes of the scores.
        names: The classes that are right for each category.
        clip_s: Length of a clip, s.

    Raises:
        ValueError: the two have other shapes, or none of the labels is right for a category.
    """
    if student.mean.shape != teacher.mean.shape or student.mean.shape != (len(categories), len(labels)):
        raise ValueError(
            f"scores of the shapes {student.mean.shape} and {teacher.mean.shape}: both must be of the same "
            f"{len(categories)} clips and {len(labels)} classes"
        )
    columns = {category: right_columns(category, labels, names) for category in sorted(set(categories))}
    right = np.zeros(student.mean.shape, np.bool_)
    for i, category in enumerate(categories):
        right[i, columns[category]] = True
    found, theirs = hits(student.max, right), hits(teacher.max, right)
    map_to_teacher, classes_to_teacher = _map_to_teacher(student.max, teacher.max)
    measured: dict[str, Category] = {}
    for category, at in columns.items():
        has = np.array([other == category for other in categories])
        by_teacher, by_student = (_detection(scores.max[:, at], has, clip_s) for scores in (teacher, student))
        measured[category] = Category(int(has.sum()), _counted(found[has], theirs[has]), by_teacher, by_student)
    return Quality(
        clips=len(categories),
        clip_s=clip_s,
        clip_correlation=tuple(correlations(student.mean, teacher.mean).tolist()),
        class_correlation=_by_class(student, teacher, labels),
        hits_by_mean=_counted(hits(student.mean, right), hits(teacher.mean, right)),
        hits_by_max=_counted(found, theirs),
        map_to_teacher=map_to_teacher,
        classes_to_teacher=classes_to_teacher,
        categories=measured,
    )


def right_columns(category: str, labels: Sequence[str], names: Mapping[str, Sequence[str]]) -> list[int]:
    """Return where the classes that are right for a category stand among *labels*.

    Raises:
        ValueError: none of them is there.

    >>> right_columns("dog", ("Cat", "Dog", "Bark"), {"dog": ("Bark", "Dog")})
    [1, 2]
    """
    columns = [i for i, label in enumerate(labels) if label in names.get(category, ())]
    if not columns:
        raise ValueError(f"none of the {len(labels)} classes is right for {category!r}")
    return columns


def hits(scores: NDArray[np.float32], right: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which clips have a right class among their five best: scores and right, shapes (n, classes), give (n,)."""
    best = top_classes(scores, min(BEST, scores.shape[1]))
    found: NDArray[np.bool_] = np.any(np.take_along_axis(right, best, axis=1), axis=1)
    return found


def _detection(scores: NDArray[np.float32], has: NDArray[np.bool_], clip_s: float) -> Detection:
    """Measure the detector that takes the best of some classes, shape (clips, classes)."""
    return detection(scores.max(axis=1), has, clip_s=clip_s, false_alarms_per_hour=FALSE_ALARMS_PER_HOUR)


def _by_class(student: ClipScores, teacher: ClipScores, labels: Sequence[str]) -> dict[str, float]:
    said = np.flatnonzero(teacher.max.max(axis=0) >= SAID).tolist()
    found = correlations(student.mean[:, said].T, teacher.mean[:, said].T).tolist()
    return dict(zip((labels[i] for i in said), found, strict=True))


def _counted(student: NDArray[np.bool_], teacher: NDArray[np.bool_]) -> Hits:
    return Hits(int(teacher.sum()), int(student.sum()), int((teacher & student).sum()))


def _map_to_teacher(student: NDArray[np.float32], teacher: NDArray[np.float32]) -> tuple[float, int]:
    sure = teacher >= SURE
    classes = np.flatnonzero(sure.any(axis=0))
    found = [average_precision_and_auc(np.sort(student[:, i]), np.sort(student[sure[:, i], i]))[0] for i in classes]
    return (float(np.mean(found)) if found else np.nan), len(classes)
