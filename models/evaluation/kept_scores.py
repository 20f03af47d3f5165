"""All scores, kept: average precision and AUC without an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.models.evaluation.ranked import Ranked, average_precision_and_auc
from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

COLUMNS = 32  # classes that are ranked together: as much as stays in the cache, and little memory beside the scores


class KeptScores:
    """The scores of any number of examples; 5 bytes each."""

    def __init__(self, classes: int) -> None:
        self.batches: list[tuple[NDArray[np.float32], NDArray[np.bool_]]] = []
        self.size_bytes = 0
        self._classes = classes

    def add(self, scores: NDArray[np.float32], targets: NDArray[np.bool_]) -> None:
        """Keep a copy of a batch, shapes (n, classes)."""
        self.batches.append((scores.copy(), targets.copy()))
        self.size_bytes += scores.nbytes + targets.nbytes

    def ranked(self) -> Ranked:
        """Return the measures of each class."""
        positives = np.zeros(self._classes, np.int64)
        measured = np.full((self._classes, 2), np.nan)
        for first in range(0, self._classes if self.batches else 0, COLUMNS):
            columns = slice(first, first + COLUMNS)
            scores = np.concatenate([s[:, columns] for s, _ in self.batches]).T.copy()  # (columns, n)
            targets = np.concatenate([t[:, columns] for _, t in self.batches]).T.copy()
            for label, (column, target) in enumerate(zip(scores, targets, strict=True), start=first):
                positive = np.sort(column[target])
                column.sort()
                positives[label] = len(positive)
                measured[label] = average_precision_and_auc(column, positive)
        exact = np.zeros(self._classes)
        return Ranked(positives, measured[:, 0], measured[:, 1], exact, exact)
