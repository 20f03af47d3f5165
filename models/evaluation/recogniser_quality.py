"""What there is to say of a small recogniser beside its teacher."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowrun.models.evaluation.detection import Detection
from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class ClipScores:
    """Scores of clips, shape (clips, classes): the mean over the windows of each, and the maximum."""

    mean: NDArray[np.float32]
    max: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Hits:
    """Clips with a right class among their five best; `kept` counts the teacher's hits that are the student's too."""

    teacher: int
    student: int
    kept: int


@dataclass(frozen=True, slots=True)
class Category:
    """How well the clips of one category are found."""

    clips: int
    hits: Hits
    teacher: Detection
    student: Detection


@dataclass(frozen=True, slots=True)
class Quality:
    """The measures of a student.

    clip_correlation: of each clip's scores (mean over windows) with the teacher's. class_correlation: of a class's
    scores over the clips, for each class that the teacher gives 0.1 or more somewhere. hits_by_mean, hits_by_max: by
    the mean and the maximum over the windows. map_to_teacher: mean average precision of the classes that the teacher
    is sure of (0.3) in some clip, `classes_to_teacher` of them, with those clips as the right ones. categories: each by
    its name; their detections, by the maximum over windows and names, make map_student and map_teacher.
    """

    clips: int
    clip_s: float
    clip_correlation: tuple[float, ...]
    class_correlation: Mapping[str, float]
    hits_by_mean: Hits
    hits_by_max: Hits
    map_to_teacher: float
    classes_to_teacher: int
    categories: Mapping[str, Category]

    @property
    def mean_correlation(self) -> float:
        """The mean over the clips."""
        return float(np.mean(self.clip_correlation))

    @property
    def map_student(self) -> float:
        """Mean average precision over the categories."""
        return float(np.mean([category.student.average_precision for category in self.categories.values()]))

    @property
    def map_teacher(self) -> float:
        """The same of the teacher."""
        return float(np.mean([category.teacher.average_precision for category in self.categories.values()]))
