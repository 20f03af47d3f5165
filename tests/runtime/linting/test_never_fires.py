"""A flow is told of labels that can never raise an event, found by playing ideal scores through its own steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowrun.runtime.language.flow import Flow
from flowrun.runtime.linting._rehearsal import rehearsal

Lints = Callable[[str], list[tuple[str, str, str]]]
LIVE = """
steps:
  mic: {{use: pipe}}
  scores: {{use: recognise, hop_s: {hop_s}}}
  hits: {{use: threshold, {threshold}}}
  mine: {{use: suppress, {suppress}}}
  alerts: {{use: debounce, {debounce}}}
"""
WATCHED = "labels: {Dog: 0.3, Glass: 0.3, Rain: 0.3}"
RAIN = "labels: {Dog: [Rain]}"


def flow(threshold: str = WATCHED, debounce: str = "hold_s: 1", suppress: str = RAIN, hop_s: float = 0.48) -> str:
    return LIVE.format(threshold=threshold, debounce=debounce, suppress=suppress, hop_s=hop_s)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, []),
        ({"suppress": "labels: {Dog: [Glass], Glass: [Dog]}"}, []),  # each comes when the other is silent
        ({"debounce": "min_hits: 40, of: 50, hold_s: 30, cooldown_s: 600, emit: start"}, []),  # patience is no fault
        ({"threshold": "labels: {Dog: {on: 0.5, off: 0.1}, Rain: 0.1}"}, []),
        ({"threshold": "labels: 0.3"}, []),
        (  # a label that stands for all animals suppresses each of them
            {
                "threshold": "labels: {Dog: 0.3, Animal: 0.3, Glass: 0.3}, include_children: true",
                "suppress": "labels: {Dog: [Animal]}",
            },
            [("warning", "never-fires", "6:39 step 'mine': no hit of 'Dog' ever passes: 'Animal' would be heard")],
        ),
        (  # but not where it takes more of it than of the dog
            {
                "threshold": "labels: {Dog: 0.3, Animal: 0.9, Glass: 0.3}, include_children: true",
                "suppress": "labels: {Dog: [Animal]}",
            },
            [],
        ),
        (  # nor where the dog is still active by hysteresis when the animal is no more
            {
                "threshold": "labels: {Dog: {on: 0.5, off: 0.1}, Animal: 0.3, Glass: 0.3}, include_children: true",
                "suppress": "labels: {Dog: [Animal]}",
            },
            [],
        ),
        (  # a label of which the model has only kinds
            {
                "threshold": "labels: {Human sounds: 0.3, Dog: 0.3, Glass: 0.3}, include_children: true",
                "suppress": "labels: {Dog: [Human sounds]}",
                "debounce": "min_hits: 2",
            },
            [],
        ),
        (  # silence has a score of 0 too
            {"threshold": "labels: {Dog: 0, Glass: 0.3, Rain: 0.3}"},
            [
                (
                    "warning",
                    "never-fires",
                    "5:40 step 'hits': 'Dog' is active in silence too, so an event never ends: so no",
                )
            ],
        ),
        (  # active once, active for ever
            {"threshold": "labels: {Dog: {on: 0.5, off: 0}, Rain: 0.3}", "debounce": "emit: start"},
            [
                (
                    "warning",
                    "never-ends",
                    "5:40 step 'hits': 'Dog' is active in silence too, so an event never ends: there",
                )
            ],
        ),
        (  # no label is left
            {"threshold": "labels: {Dog: 0, Glass: 0}", "suppress": "labels: {Dog: [Glass]}"},
            [("error", "never-fires", "step 'mine': no hit of 'Dog' ever passes: 'Glass' would be heard")],
        ),
        (  # windows of 0.96 s, 2 s apart
            {"hop_s": 2, "debounce": "hold_s: 1"},
            [("warning", "many-events", "7:35 step 'alerts': one sound of 'Dog', 'Glass' makes many events")],
        ),
        ({"hop_s": 2, "debounce": "hold_s: 1.04"}, []),
    ],
)
def test_what_makes_events_impossible_is_told(
    lints: Lints, options: dict[str, Any], expected: list[tuple[str, str, str]]
) -> None:
    found = lints(flow(**options))
    assert [f[:2] for f in found] == [e[:2] for e in expected], found
    for (*_, said), (*_, start) in zip(found, expected, strict=True):
        assert start in said


def test_a_recording_ends_so_its_events_do_too(lints: Lints) -> None:
    text = flow(
        threshold="labels: {Dog: 0, Rain: 0.3, Glass: 0.3}", debounce="min_hits: 1", suppress="labels: {Rain: [Dog]}"
    )
    (found,) = lints(text.replace("{use: pipe}", "{use: synthetic_sounds, count: 1}"))
    assert found[:2] == ("warning", "never-fires")
    assert "no hit of 'Rain' ever passes: 'Dog' would be heard whenever 'Rain' is" in found[2]


@pytest.mark.parametrize(
    ("hours", "labels", "expected"),
    [
        ('["22:00-06:00"]', "", None),
        ('["06:00-22:00", "22:00-05:59"]', "", None),  # a minute is left
        ('["06:00-22:00", "22:00-06:00"]', "", ("error", "step 'night': drops every event, whatever the time of day")),
        ('["12:01-12:00"]', "", None),
        ('["06:00-22:00", "22:00-06:00"]', ", labels: [Dog]", ("warning", "drops every event of 'Dog', whatever")),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata"])
def test_hours_that_are_always_quiet(
    lints: Lints, hours: str, labels: str, zone: str, expected: tuple[str, str] | None
) -> None:
    found = lints(flow() + f"  night: {{use: quiet_hours, hours: {hours}, zone: {zone}{labels}}}\n")
    assert [severity for severity, *_ in found] == ([expected[0]] if expected else [])
    assert expected is None or expected[1] in found[0][2]


def test_two_streams_are_two_sounds(lints: Lints) -> None:
    text = flow(suppress=f"{RAIN}, from: [hits, other]") + "  again: {use: recognise, hop_s: 0.48, from: mic}\n"
    assert lints(f"{text}  other: {{use: threshold, {WATCHED}}}\n") == []


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(1, 30), st.integers(0, 20), st.sampled_from([0, 0.5, 7, 60]), st.sampled_from([0, 3, 90]), st.booleans()
)
def test_no_flow_that_can_fire_is_refused(
    lints: Lints, min_hits: int, more: int, hold_s: float, cooldown_s: float, start: bool
) -> None:
    """Whatever the patience of `debounce`, two events come in what is played."""
    options = f"min_hits: {min_hits}, of: {min_hits + more}, hold_s: {hold_s}, cooldown_s: {cooldown_s}"
    assert lints(flow(debounce=f"{options}, emit: {'start' if start else 'end'}")) == []


def test_what_is_not_known_or_would_take_too_long_is_left_alone(flow_of: Callable[..., Flow]) -> None:
    pooled = "  whole: {use: pool, from: scores}\n  pooled: {use: threshold, labels: {Dog: 0, Rain: 0}}\n"
    for text in (flow(debounce="cooldown_s: 1000000"), flow(suppress=f"{RAIN}, from: pooled") + pooled):
        loaded = flow_of(text)
        assert rehearsal(loaded, loaded.steps["alerts"]) is None
