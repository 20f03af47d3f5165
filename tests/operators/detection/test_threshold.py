"""`threshold` marks windows per label, with hysteresis and groups of labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reactivex.subject import Subject

from flowrun.operators.detection.threshold import latch, threshold
from flowrun.schemas.ports import Failed, Scores, Windows
from flowrun.schemas.run import Alone
from flowrun.schemas.spec import spec_of
from flowrun.schemas.stream_info import Mismatch, StreamInfo

LABELS = ("Dog", "Glass", "Shatter", "Chink, clink")


def scores(*rows: list[float], start: int = 0, gap: bool = False, last: bool = False, stream: str = "s") -> Scores:
    at = Windows(stream, np.arange(start, start + len(rows), dtype=float), 1.0, 1.0, gap=gap, last=last)
    return Scores(at, np.array(rows, np.float32).reshape(-1, 4), LABELS)


def active(items: list[Any]) -> list[list[bool]]:
    return np.concatenate([item.active for item in items]).tolist()  # type: ignore[no-any-return]


def test_each_label_has_its_own_threshold_and_reaching_it_is_enough(play: Callable[..., list[Any]]) -> None:
    items = [scores([0.5, 0.39, 0, 0], [0.4, 0.4, 0, 0], last=True)]
    (got,) = play(threshold, items, labels={"Dog": 0.5, "Glass": 0.4})
    assert got.active.tolist() == [[True, False], [False, True]]
    assert (got.labels, got.thresholds) == (("Dog", "Glass"), (0.5, 0.4))
    np.testing.assert_allclose(got.values, [[0.5, 0.39], [0.4, 0.4]])


def test_hysteresis_goes_on_across_blocks_but_not_across_gaps_or_streams(play: Callable[..., list[Any]]) -> None:
    items = [
        scores([0.6, 0, 0, 0]),
        scores([0.4, 0, 0, 0], start=1),
        scores([0.4, 0, 0, 0], stream="other"),
        scores(start=2),
        scores([0.4, 0, 0, 0], start=3),
        scores([0.4, 0, 0, 0], start=9, gap=True),
    ]
    got = play(threshold, items, labels={"Dog": {"on": 0.5, "off": 0.3}})
    assert active(got) == [[True], [True], [False], [True], [False]]


def test_a_label_may_stand_for_all_kinds_of_it(play: Callable[..., list[Any]]) -> None:
    items = [scores([0.9, 0.1, 0.7, 0.2])]
    (got,) = play(threshold, items, labels={"Glass": 0.5}, include_children=True)
    assert (got.active.tolist(), got.values.round(1).tolist()) == ([[True]], [[pytest.approx(0.7)]])
    (alone,) = play(threshold, items, labels={"Glass": 0.5})
    assert alone.active.tolist() == [[False]]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from([0.0, 0.2, 0.3, 0.4, 0.5, 0.9]), max_size=30), st.booleans())
def test_hysteresis_equals_a_naive_loop(values: list[float], before: bool) -> None:
    expected, state = [], before
    for value in values:
        state = value >= 0.5 or (state and value >= 0.3)
        expected.append(state)
    half, third, active = np.array([0.5]), np.array([0.3]), np.array([before])
    assert latch(np.array(values)[:, None], half, third, active)[:, 0].tolist() == expected


def test_an_unknown_label_is_refused_with_the_nearest(play: Callable[..., list[Any]]) -> None:
    (failed,) = play(threshold, [scores([0, 0, 0, 0])], labels={"Glas": 0.5})
    assert isinstance(failed, Failed)
    assert "no label 'Glas'; did you mean 'Glass'?" in str(failed.error)
    known = StreamInfo(step="scores", labels=LABELS)
    for children, message in ((False, "has no label 'Glas'"), (True, "has no label 'Glas', nor a kind of it")):
        with pytest.raises(Mismatch, match=message):
            spec_of(threshold).info(scores=known, labels={"Glas": 0.5}, include_children=children)


def test_off_above_on_is_refused() -> None:
    with pytest.raises(Mismatch, match=r"labels\.Dog: off \(0\.6\) must not be above on \(0\.5\)"):
        spec_of(threshold).info(scores=StreamInfo(), labels={"Dog": {"on": 0.5, "off": 0.6}}, include_children=False)


def test_without_labels_it_takes_the_thresholds_of_the_model(play: Callable[..., list[Any]]) -> None:
    values = np.array([[0.3, 0.3], [0.5, 0.5]], np.float32)
    item = Scores(Windows("s", np.arange(2.0), 1.0, 1.0, last=True), values, ("dog", "cat"), (0.4, 0.6))
    (hits,) = play(threshold, [item])
    assert (hits.labels, hits.thresholds) == (("dog", "cat"), (0.4, 0.6))
    assert hits.active.tolist() == [[False, False], [True, False]]
    (failed,) = play(threshold, [replace(item, thresholds=None)])
    assert str(failed.error) == "the scores come without thresholds; name `labels` and their thresholds"


def test_one_number_is_the_threshold_of_all_labels(play: Callable[..., list[Any]]) -> None:
    values = np.array([[0.3, 0.6], [0.5, 0.1]], np.float32)
    (hits,) = play(
        threshold, [Scores(Windows("s", np.arange(2.0), 1.0, 1.0, last=True), values, ("a", "b"))], labels=0.5
    )
    assert (hits.labels, hits.thresholds) == (("a", "b"), (0.5, 0.5))
    assert hits.active.tolist() == [[False, True], [True, False]]


def test_no_label_at_all_is_refused() -> None:
    with pytest.raises(Mismatch, match="there is no label to watch"):
        spec_of(threshold).info(scores=StreamInfo(), labels={}, include_children=False)


def test_check_wants_labels_for_a_model_without_thresholds() -> None:
    info = spec_of(threshold).info
    own = StreamInfo(step="scores", labels=("dog",), thresholds=True)
    assert info(scores=own, labels=None, include_children=False) == own
    with pytest.raises(Mismatch, match="the model of 'scores' has no thresholds of its own"):
        info(scores=replace(own, thresholds=False), labels=None, include_children=False)


def test_a_threshold_set_while_it_runs_holds_from_the_next_window_on_and_across_streams() -> None:
    run, items = Alone("hits"), Subject[Scores]()
    heard: list[Any] = []
    labels: Any = {"Dog": 0.5, "Glass": {"on": 0.5, "off": 0.3}}
    threshold(items, labels=labels, run=run).subscribe(heard.append)
    items.on_next(scores([0.6, 0.6, 0, 0]))
    run.control.set_threshold("hits", "Dog", 0.7, "a test")
    items.on_next(scores([0.6, 0.4, 0, 0], start=1))
    run.control.set_threshold("hits", "Glass", 0.8, "a test")
    items.on_next(scores([0.75, 0.4, 0, 0], [0.75, 0.2, 0, 0], [0.75, 0.7, 0, 0], start=2))
    items.on_next(scores([0.6, 0.7, 0, 0], stream="another"))
    assert active(heard) == [[True, True], [False, True], [True, True], [True, False], [True, False], [False, False]]
    assert heard[-1].thresholds == (0.7, 0.8)


def test_labels_that_come_with_the_scores_can_be_set_once_they_are_known() -> None:
    run, items = Alone("hits"), Subject[Scores]()
    heard: list[Any] = []
    threshold(items, labels=0.5, run=run).subscribe(heard.append)
    with pytest.raises(ValueError, match="not known before it has heard something"):
        run.control.set_threshold("hits", "Dog", 0.7, "a test")
    items.on_next(scores([0.6, 0.6, 0, 0]))
    run.control.set_threshold("hits", "Dog", 0.7, "a test")
    items.on_next(scores([0.6, 0.6, 0, 0], start=1))
    assert active(heard) == [[True, True, False, False], [False, True, False, False]]
