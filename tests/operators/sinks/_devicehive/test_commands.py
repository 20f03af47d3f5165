"""Commands do what they say on the run, and what is wrong with one is told to who gave it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from flowrun.operators.sinks._devicehive.commands import LONGEST_ERROR, MOST_BYTES, REMEMBERED, Commands
from flowrun.schemas.health import Health, Stats, StepHealth, StepState
from flowrun.schemas.run import Alone


class Watched(Alone):
    """A run of a flow with *steps* steps, each in a state."""

    def __init__(self, steps: int, message: str = "sound comes") -> None:
        super().__init__("iot")
        state = StepState("listening", message, datetime(2026, 1, 1, tzinfo=UTC))
        self._health = Health("alert", {f"mic{i}": StepHealth(Stats(), live=True, state=state) for i in range(steps)})

    def health(self) -> Health:
        return self._health


def answer(commands: Commands, name: Any, parameters: Any = None, number: int = 1) -> tuple[str, dict[str, Any]]:
    given = {"id": number, "command": name, "parameters": parameters, "status": None}
    got = commands.answer(given)
    assert got
    return got["status"], got["result"]


def test_the_status_tells_how_it_goes_with_each_step() -> None:
    status, result = answer(Commands(Watched(1)), "status")
    state = {"state": "listening", "message": "sound comes", "since": "2026-01-01T00:00:00.000Z"}
    whole = {"flow": "alert", "ready": True, "paused": False, "thresholds": {}, "steps": {"mic0": state}}
    assert (status, result) == ("OK", whole)


@pytest.mark.parametrize(("steps", "kept"), [(100, {"state words"}), (2000, set())])
def test_of_a_flow_with_many_steps_it_tells_less(steps: int, kept: set[str]) -> None:
    _, result = answer(Commands(Watched(steps, "x" * 100)), "status")
    assert result["cut"] == ["steps", "thresholds"]
    assert len(str(result)) < MOST_BYTES
    assert (result.get("steps", {}).get("mic1") == "listening") == bool(kept)


def test_pause_and_resume_and_again() -> None:
    run = Alone()
    commands = Commands(run)
    assert answer(commands, "pause", number=1)[1]["paused"]
    assert answer(commands, "pause", {}, number=2)[0] == "OK"
    assert not answer(commands, "resume", number=3)[1]["paused"]
    assert run.control.pauses == 1


def test_a_threshold_is_set() -> None:
    run = Alone()
    own = run.control.thresholds("hits", ["Glass"])
    status, result = answer(Commands(run), "set_threshold", {"step": "hits", "label": "Glass", "value": 1})
    assert (status, result["thresholds"], own.changed) == ("OK", {"hits": {"Glass": 1.0}}, {"Glass": 1.0})


@pytest.mark.parametrize(
    ("name", "parameters", "why"),
    [
        ("puase", None, "no command 'puase'; did you mean 'pause'?"),
        (["pause"], None, "no command"),
        ("pause", "now", "its parameters must be an object"),
        ("pause", {"for": 3}, "no parameter 'for'"),
        ("set_threshold", {"step": "hits", "label": "Glass"}, "'value' is missing"),
        ("set_threshold", {"step": "hits", "label": "Glass", "value": "0.5"}, "'value' must be a number"),
        ("set_threshold", {"step": "hits", "label": "Glass", "value": True}, "'value' must be a number"),
        ("set_threshold", {"step": 1, "label": "Glass", "value": 0.5}, "'step' must be a text"),
        ("set_threshold", {"step": "hits", "label": "Dog", "value": 0.5}, "watches no label 'Dog'"),
        ("set_threshold", {"step": "hits", "label": "Glass", "value": 10**400}, "a score is from 0 to 1"),
    ],
)
def test_what_makes_no_sense_is_an_error_with_the_reason(name: Any, parameters: Any, why: str) -> None:
    run = Alone()
    run.control.thresholds("hits", ["Glass"])
    status, result = answer(Commands(run), name, parameters)
    assert status == "error"
    assert why in result["error"]
    assert run.control.thresholds_set() == {}


def test_what_somebody_has_answered_or_has_no_number_is_left_alone() -> None:
    run = Alone()
    commands = Commands(run)
    assert commands.answer({"id": 1, "command": "pause", "status": "OK"}) is None
    assert commands.answer({"command": "pause", "status": None}) is None
    assert run.control.paused is None


def test_the_reason_does_not_grow_with_what_was_given() -> None:
    run = Alone()
    run.control.thresholds("hits", ["Glass"])
    given = {"step": "hits", "label": "x" * 9_000, "value": 0.5}
    assert len(answer(Commands(run), "set_threshold", given)[1]["error"]) == LONGEST_ERROR


def test_what_is_remembered_is_bounded() -> None:
    commands = Commands(Alone())
    for number in range(REMEMBERED + 5):
        answer(commands, "status", number=number)
    assert len(commands._answers) == REMEMBERED
