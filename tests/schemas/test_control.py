"""A run is paused and resumed, and its thresholds are set, by whoever may ask; what makes no sense is refused."""

from __future__ import annotations

import pytest

from flowrun.schemas.control import Control


def test_a_pause_is_told_once_and_known_until_it_ends() -> None:
    told: list[str] = []
    control = Control(["mic", "camera"], told.append)
    control.resume("nobody")
    control.pause("ann")
    control.pause("bob")
    assert control.paused
    assert control.paused.by == "ann"
    control.resume("bob")
    assert control.paused is None
    assert (control.pauses, told) == (1, ["mic, camera: paused by ann", "mic, camera: resumed by bob"])


def test_a_flow_that_listens_to_nothing_cannot_be_paused() -> None:
    with pytest.raises(ValueError, match="no live source"):
        Control().pause("ann")


def test_a_threshold_is_known_to_its_step_and_to_who_asks() -> None:
    told: list[str] = []
    control = Control(tell=told.append)
    own = control.thresholds("hits", {"Glass": 0.5, "Dog": 0.4})
    assert control.thresholds("hits") is own
    assert control.thresholds_set() == {}
    control.set_threshold("hits", "Glass", 0.8, "ann")
    before = own.changed
    control.set_threshold("hits", "Dog", 1, "ann")
    assert own.changed is not before
    assert control.thresholds_set() == {"hits": {"Glass": 0.8, "Dog": 1.0}}
    assert told[0] == "hits: the threshold of 'Glass' is 0.8 now, set by ann"


@pytest.mark.parametrize(
    ("step", "label", "value", "why"),
    [
        ("hit", "Glass", 0.5, "no step 'hit' with thresholds; did you mean 'hits'"),
        ("hits", "Glas", 0.5, "no label 'Glas'; did you mean 'Glass'"),
        ("hits", "Glass", 1.5, "a score is from 0 to 1"),
        ("hits", "Glass", float("nan"), "a score is from 0 to 1"),
        ("later", "Glass", 0.5, "not known before it has heard something"),
    ],
)
def test_what_makes_no_sense_is_refused(step: str, label: str, value: float, why: str) -> None:
    control = Control()
    control.thresholds("hits", ["Glass", "Dog"])
    control.thresholds("later")
    with pytest.raises(ValueError, match=why):
        control.set_threshold(step, label, value, "ann")
    assert control.thresholds_set() == {}
