"""A student is measured against its teacher and against what is in the clips; the case here is worked by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from flowrun.models.evaluation.recogniser_measures import hits, measure
from flowrun.models.evaluation.recogniser_quality import ClipScores, Hits, Quality

LABELS = ("Dog", "Bark", "Siren", "Rain", "Owl", "Cow", "Cat")
NAMES = {"dog": ("Bark", "Dog"), "siren": ("Siren",)}
CATEGORIES = ["dog", "dog", "siren", "siren"]
TEACHER = np.array(
    [
        [0.9, 0.2, 0.0, 0.0, 0.0, 0.0, 0.0],
        [0.0, 0.8, 0.1, 0.0, 0.0, 0.0, 0.0],
        [0.0, 0.0, 0.7, 0.3, 0.0, 0.0, 0.0],
        [0.1, 0.1, 0.0, 0.4, 0.1, 0.2, 0.3],  # not heard as a siren
    ],
    np.float32,
)
HALF = TEACHER * np.float32(0.5)


def measured(student: ClipScores) -> Quality:
    return measure(student, ClipScores(HALF, TEACHER), CATEGORIES, LABELS, NAMES, 5.0)


def test_a_model_is_its_own_best_student() -> None:
    quality = measured(ClipScores(HALF, TEACHER))
    assert quality.mean_correlation == pytest.approx(1)
    assert set(quality.class_correlation) == set(LABELS)
    assert list(quality.class_correlation.values()) == pytest.approx([1] * 7)
    assert quality.hits_by_max == quality.hits_by_mean == Hits(3, 3, 3)
    assert (quality.map_to_teacher, quality.classes_to_teacher) == (1, 5)  # Owl and Cow never reach 0.3
    assert quality.map_student == quality.map_teacher
    dog, siren = quality.categories["dog"], quality.categories["siren"]
    assert (dog.clips, dog.student.average_precision, dog.student.recall) == (2, 1, 1)
    assert dog.student == dog.teacher
    assert dog.hits == Hits(2, 2, 2)
    assert siren.hits == Hits(1, 1, 1)
    assert siren.student.average_precision == pytest.approx((1 + 2 / 4) / 2)  # 0.7, 0.1 of a dog, then two zeros
    assert siren.student.recall == 0.5


def test_what_the_student_misses_counts_against_it() -> None:
    scores = TEACHER.copy()
    scores[0] = [0.0, 0.0, 0.5, 0.4, 0.3, 0.2, 0.1]  # takes the first dog for a siren
    quality = measured(ClipScores(scores, scores))
    assert quality.hits_by_max == Hits(3, 2, 2)
    assert quality.categories["dog"].hits == Hits(2, 1, 1)
    assert quality.clip_correlation[0] < 0
    assert quality.clip_correlation[1:] == pytest.approx((1, 1, 1))
    assert quality.categories["dog"].student.average_precision < 1
    assert quality.categories["dog"].teacher.average_precision == 1


def test_hits_of_the_student_that_the_teacher_has_not_are_not_kept_ones() -> None:
    scores = TEACHER.copy()
    scores[3, 2] = 1
    assert measured(ClipScores(scores, scores)).hits_by_max == Hits(3, 4, 3)


def test_a_right_class_must_be_among_the_five_best() -> None:
    scores = np.array([[0.6, 0.5, 0.4, 0.3, 0.2, 0.1]], np.float32)
    assert [bool(hits(scores, np.arange(6)[None] == i)[0]) for i in range(6)] == [True] * 5 + [False]


def test_scores_of_other_clips_or_classes_and_categories_without_a_class_are_refused() -> None:
    teacher = ClipScores(TEACHER, TEACHER)
    with pytest.raises(ValueError, match="both must be of the same 4 clips and 7 classes"):
        measured(replace(teacher, mean=TEACHER[:3]))
    with pytest.raises(ValueError, match="none of the 7 classes is right for 'owl'"):
        measure(teacher, teacher, ["owl"] * 4, LABELS, NAMES, 5.0)
