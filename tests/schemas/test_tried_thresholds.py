"""Thresholds of all labels are tried at once, and everything tried can be taken back."""

import pytest

from flowrun.schemas.control import Control


def test_all_labels_of_a_step_get_a_threshold() -> None:
    told: list[str] = []
    control = Control(tell=told.append)
    thresholds = control.thresholds("hits", ["a", "b"])
    control.set_all_thresholds("hits", 0.7, "me")
    assert thresholds.changed == {"a": 0.7, "b": 0.7}
    assert told == ["hits: the threshold of all labels is 0.7 now, set by me"]


@pytest.mark.parametrize(("step", "value"), [("none", 0.5), ("early", 0.5), ("hits", 1.5), ("hits", float("nan"))])
def test_what_cannot_be_is_refused(step: str, value: float) -> None:
    control = Control()
    control.thresholds("hits", ["a"])
    control.thresholds("early")
    with pytest.raises(ValueError, match=r"no step|not known|from 0 to 1"):
        control.set_all_thresholds(step, value, "me")
    assert control.thresholds_set() == {}


def test_what_was_tried_is_taken_back_once() -> None:
    told: list[str] = []
    control = Control(tell=told.append)
    thresholds = control.thresholds("hits", ["a", "b"])
    control.set_threshold("hits", "a", 0.1, "me")
    seen = thresholds.changed
    control.forget_thresholds("me")
    control.forget_thresholds("me")
    assert thresholds.changed == {}
    assert thresholds.changed is not seen, "a kernel sees that something changed"
    assert len(told) == 2
