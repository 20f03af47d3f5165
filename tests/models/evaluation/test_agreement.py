"""Agreement is Pearson's correlation, row by row."""

import numpy as np
import pytest

from flowrun.models.evaluation.agreement import correlations


def test_it_is_numpys_correlation_of_each_row() -> None:
    ours, theirs = np.random.default_rng(0).uniform(0, 1, (2, 5, 40)).astype(np.float32)
    expected = [np.corrcoef(a, b)[0, 1] for a, b in zip(ours, theirs, strict=True)]
    np.testing.assert_allclose(correlations(ours, theirs), expected, atol=1e-6)


def test_a_network_agrees_wholly_with_itself_and_at_any_scale() -> None:
    scores = np.random.default_rng(1).uniform(0, 1, (4, 30)).astype(np.float32)
    assert correlations(scores, scores / 2 + 0.1) == pytest.approx([1] * 4, abs=1e-6)


def test_what_never_changes_agrees_with_nothing() -> None:
    assert correlations(np.full((1, 9), 0.5), np.arange(9.0)[None]).tolist() == [0]
