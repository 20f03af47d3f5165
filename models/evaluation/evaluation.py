"""All measures at once, batch by batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from flowrun.models.evaluation.d_prime import d_prime
from flowrun.models.evaluation.equal_recall import precision_at_equal_recall
from flowrun.models.evaluation.global_average_precision import global_average_precision, pooled
from flowrun.models.evaluation.hit_at_one import hit_at_one
from flowrun.models.evaluation.kept_scores import KeptScores
from flowrun.models.evaluation.reliability import Reliability, expected_calibration_error
from flowrun.models.evaluation.score_histograms import ScoreHistograms
from flowrun.schemas.late import np
from flowrun.schemas.ports import Calibration, PerClass

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK = 512  # examples that are measured together: as much as stays in the cache
ROUNDING = 2**-7  # how far over 1 a mixture of experts in bfloat16 may get


class Measured(NamedTuple):
    """What `Metrics` ends with."""

    values: Mapping[str, float]
    per_class: PerClass
    calibration: Calibration


class Evaluation:
    """The measures of any number of batches, which do not depend on how the examples were cut into batches.

    Scores are kept up to *limit_bytes* and the measures exact. Beyond that histograms take over, 64 KiB per class: then
    AP, AUC and GAP may be off, by about 0.0001, and `within()` tells by how much at most.

    Args:
        labels: The classes.
        limit_bytes: 5 bytes for each example and class; 0 for histograms from the start.
    """

    def __init__(self, labels: tuple[str, ...], *, limit_bytes: int = 1 << 30) -> None:
        self._labels = labels
        self._limit_bytes = limit_bytes
        self._scores: KeptScores | ScoreHistograms = KeptScores(len(labels))
        self._pool: KeptScores | ScoreHistograms = KeptScores(1)
        self._reliability = Reliability()
        self._sums = {"Hit@1": 0.0, "PERR": 0.0}
        self._examples = self._positives = 0

    def add(self, scores: NDArray[np.float32], targets: NDArray[np.bool_], loss: float | None = None) -> None:
        """Take a batch.

        Args:
            scores: In [0, 1], shape (n, classes).
            targets: Which classes each example has, shape (n, classes).
            loss: Mean over the batch; with all batches or with none.

        Raises:
            ValueError: shapes that do not fit, or a score that is NaN or outside [0, 1].
        """
        scores, targets = np.asarray(scores, np.float32), np.asarray(targets, np.bool_)
        if scores.shape != targets.shape or scores.shape[1:] != (len(self._labels),):
            shapes = f"scores have the shape {scores.shape}, targets {targets.shape}"
            raise ValueError(f"{shapes}: both must be (examples, {len(self._labels)})")
        if scores.size and not (scores.min() >= 0 and scores.max() <= 1 + ROUNDING):
            raise ValueError(f"scores from {scores.min():g} to {scores.max():g}: they must be in [0, 1]")
        scores = np.minimum(scores, np.float32(1))
        if loss is not None:
            self._sums["loss"] = self._sums.get("loss", 0.0) + loss * len(scores)
        for first in range(0, len(scores), BLOCK):
            self._add(scores[first : first + BLOCK], targets[first : first + BLOCK])

    def _add(self, scores: NDArray[np.float32], targets: NDArray[np.bool_]) -> None:
        self._examples += len(scores)
        self._positives += int(targets.sum())
        self._sums["Hit@1"] += float(hit_at_one(scores, targets).sum())
        self._sums["PERR"] += float(precision_at_equal_recall(scores, targets).sum())
        self._reliability.add(scores, targets)
        self._scores.add(scores, targets)
        self._pool.add(*pooled(scores, targets))
        if isinstance(self._scores, KeptScores) and self._scores.size_bytes > self._limit_bytes:
            self._scores = _poured(self._scores, len(self._labels))
            self._pool = _poured(self._pool, 1)

    def result(self) -> Measured:
        """Return the measures of all batches so far.

        mAP and mAUC are means over the classes that have them, d-prime is that of mAUC.

        Raises:
            ValueError: there was no example.
        """
        if not self._examples:
            raise ValueError("there is no example to measure on")
        ranked = self._scores.ranked()
        calibration = self._reliability.calibration()
        mean_auc = _mean(ranked.auc)
        values = {
            **{name: total / self._examples for name, total in self._sums.items()},
            "GAP@20": global_average_precision(self._pool.ranked(), self._positives),
            "mAP": _mean(ranked.average_precision),
            "mAUC": mean_auc,
            "d-prime": d_prime(mean_auc),
            "ECE": expected_calibration_error(calibration),
        }
        per_class = PerClass(self._labels, ranked.positives, ranked.average_precision, ranked.auc)
        return Measured(values, per_class, calibration)

    def within(self) -> float:
        """Return how far mAP, mAUC and GAP@20 may be from their exact values, at most; 0 while the scores are kept."""
        ranked, pool = self._scores.ranked(), self._pool.ranked()
        errors = (_mean(ranked.error_ap), _mean(ranked.error_auc), _mean(pool.error_ap))
        return max((error for error in errors if error == error), default=0.0)


def _poured(kept: KeptScores | ScoreHistograms, classes: int) -> ScoreHistograms:
    histograms = ScoreHistograms(classes)
    for batch in kept.batches if isinstance(kept, KeptScores) else ():
        histograms.add(*batch)
    return histograms


def _mean(values: NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else np.nan
