"""A run is ready when it has started, is not at its end, and every live source listens."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from flowrun.schemas.health import Health, State, Stats, StepHealth, StepState


def step(state: State | None, *, live: bool) -> StepHealth:
    told = state and StepState(state, "", datetime(2026, 1, 1, tzinfo=UTC))
    return StepHealth(Stats(), live=live, state=told or None)


@pytest.mark.parametrize(
    ("mic", "clips", "ready"),
    [
        ("listening", None, True),
        ("listening", "failing", True),  # a full disk is no reason to send sound elsewhere
        ("starting", None, False),
        ("missing", None, False),
        ("stalled", "working", False),
        ("silent", None, False),
        ("lost", None, False),
        ("ended", None, False),
    ],
)
def test_ready_follows_the_live_sources(mic: State, clips: State | None, ready: bool) -> None:
    steps = {"mic": step(mic, live=True), "clips": step(clips, live=False)}
    assert Health("f", steps).ready is ready


def test_nothing_is_ready_before_it_has_started_or_while_it_stops() -> None:
    steps = {"mic": step("listening", live=True)}
    assert not Health("f", steps, started=False).ready
    assert not Health("f", steps, stopping=True).ready


def test_a_flow_without_live_sources_is_ready_when_it_has_started() -> None:
    assert Health("f", {"file": step(None, live=False)}).ready
