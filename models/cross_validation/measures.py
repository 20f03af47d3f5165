"""What a cross-validation says about a network, in numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flowrun.models.cross_validation.thresholds import HOUR_S
from flowrun.schemas.late import np
from flowrun.schemas.ports import CrossValidation

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, eq=False)
class Measures:
    """How well a network tells sounds apart, and how it does with thresholds.

    accuracy: of each fold, the share of the examples of a class whose class has the highest score.
    confusion: counts, shape (classes + 1, classes + 1): rows are what the examples are, columns what they were taken
    for with the thresholds; the last of both is unknown.
    recall, precision: with the thresholds, shape (classes,); NaN where there is nothing to measure them on.
    false_alarms: per hour of other sounds, shape (classes,). hours: of these, shape (classes,).
    rejected: share of the examples taken for no class by networks that never heard their class; NaN if not measured.
    """

    accuracy: NDArray[np.float64]
    confusion: NDArray[np.int64]
    recall: NDArray[np.float64]
    precision: NDArray[np.float64]
    false_alarms: NDArray[np.float64]
    hours: NDArray[np.float64]
    rejected: float

    @property
    def found(self) -> float:
        """Share of the examples of a class that are recognised with the thresholds."""
        return float(np.trace(self.confusion[:-1, :-1]) / self.confusion[:-1].sum())

    @property
    def mistaken(self) -> float:
        """Share of the examples of a class that are taken for another."""
        wrong = self.confusion[:-1, :-1].sum() - np.trace(self.confusion[:-1, :-1])
        return float(wrong / self.confusion[:-1].sum())


def measures(validation: CrossValidation) -> Measures:
    """Return the measures of *validation*."""
    truth, scores = validation.truth, validation.scores
    classes = len(validation.labels)
    known = truth >= 0
    right = scores.argmax(axis=1) == truth
    numbers = [fold for fold in range(len(validation.of_fold)) if (known & (validation.folds == fold)).any()]
    limits = validation.of_fold[validation.folds]  # (examples, classes)
    taken = recognised(scores, limits)
    confusion = np.zeros((classes + 1, classes + 1), np.int64)
    np.add.at(confusion, (truth, taken), 1)  # -1 is the last
    hits = np.diag(confusion)[:-1]
    other = truth[:, None] != np.arange(classes)
    hours = (other * validation.seconds[:, None]).sum(axis=0) / HOUR_S
    strange = validation.strange[known]
    heard = ~np.isnan(strange).all(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return Measures(
            accuracy=np.array([right[known & (validation.folds == fold)].mean() for fold in numbers]),
            confusion=confusion,
            recall=hits / confusion[:-1].sum(axis=1),
            precision=hits / confusion[:, :-1].sum(axis=0),
            false_alarms=(other & (scores >= limits)).sum(axis=0) / hours,
            hours=hours,
            rejected=float((recognised(strange, limits[known]) < 0)[heard].mean()) if heard.any() else np.nan,
        )


def recognised(scores: NDArray[np.float32], limits: NDArray[np.float64]) -> NDArray[np.int32]:
    """Return the class of each example, -1 for none: the highest score of those that reach their thresholds.

    >>> recognised(np.array([[0.9, 0.7], [0.9, np.nan]], np.float32), np.array([0.95, 0.6])).tolist()
    [1, -1]
    """
    reached = np.where(scores >= limits, scores, -1)  # nothing reaches NaN, nor does NaN reach anything
    return np.where(reached.max(axis=1) >= 0, reached.argmax(axis=1), -1).astype(np.int32)


def summary(validation: CrossValidation) -> Iterator[str]:
    """Yield what a person should know first, a line each."""
    found = measures(validation)
    known = int((validation.truth >= 0).sum())
    no_class = len(validation.truth) - known
    also = f" and {no_class} of none" if no_class else ""
    parts = f"{len(validation.labels)} classes{also}, {len(validation.of_fold)} folds"
    yield f"{validation.stream}: {known} examples of {parts}"
    folds = ", ".join(f"{share:.1%}" for share in found.accuracy)
    yield f"accuracy {found.accuracy.mean():.1%} (the folds: {folds})"
    yield f"with thresholds: {found.found:.1%} recognised, {found.mistaken:.1%} mistaken, the rest unknown"
    if no_class:
        yield f"sounds of no class: {found.confusion[-1, -1] / no_class:.1%} are unknown, as they should be"
    if found.rejected == found.rejected:
        yield f"classes never heard before: {found.rejected:.1%} of their sounds are unknown, as they should be"
    shortest = float(found.hours.min())
    wanted = validation.false_alarms_per_hour
    mean = float(np.nanmean(found.false_alarms)) if shortest else 0.0
    yield f"false alarms of a class: {_figures(mean)} per hour of other sounds, wanted {wanted:g}"
    if 0 < wanted * shortest < 1:
        yield (
            f"the other sounds last {_figures(shortest)} h: too short to promise {wanted:g} per hour "
            f"(one alarm in them is {_figures(1 / shortest)}); "
            "so the thresholds let none of them through"
        )


def _figures(value: float) -> str:
    """Return *value* with two figures.

    >>> _figures(0.0041), _figures(83.2), _figures(251.3)
    ('0.0041', '83', '250')
    """
    return f"{float(f'{value:.2g}'):g}"


def as_plain(validation: CrossValidation) -> dict[str, Any]:
    """Return all measures as plain data: what a model's manifest and a JSON file hold of them."""
    found = measures(validation)

    def number(value: float) -> float | None:
        return round(float(value), 4) if np.isfinite(value) else None

    columns = (validation.thresholds, found.recall, found.precision, found.false_alarms)
    return {
        "method": f"cross-validation in {len(validation.of_fold)} folds",
        "set": validation.stream,
        "examples": len(validation.truth),
        "values": {
            "accuracy": number(float(found.accuracy.mean())),
            "recognised": number(found.found),
            "taken for another class": number(found.mistaken),
            "rejected of classes never heard": number(found.rejected),
            "hours of other sounds": number(float(found.hours.min())),
            "false alarms per hour, wanted": number(validation.false_alarms_per_hour),
        },
        "accuracy_by_fold": [number(share) for share in found.accuracy],
        "classes": {
            label: {
                "examples": int(found.confusion[i].sum()),
                "threshold": number(row[0]),
                "recall": number(row[1]),
                "precision": number(row[2]),
                "false alarms per hour": number(row[3]),
            }
            for i, (label, row) in enumerate(zip(validation.labels, zip(*columns, strict=True), strict=True))
        },
    }
