"""What a DeviceHive may command: pause, resume, set_threshold, status."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flowrun.models.devicehive.channel import Message, encoded
from flowrun.schemas.plain import utc
from flowrun.schemas.run import Run
from flowrun.schemas.stream_info import nearest

REMEMBERED = 1000  # commands: as many as can be told again after the connection broke
LONGEST_ERROR = 500  # characters; it may hold what was given
MOST_BYTES = 8_000  # of a result, so that it goes into a message with all around it
BY = "a command from DeviceHive"
OPTIONS: dict[str, dict[str, tuple[type, ...]]] = {
    "pause": {},
    "resume": {},
    "set_threshold": {"step": (str,), "label": (str,), "value": (int, float)},
    "status": {},
}


class Commands:
    """Carries out commands on a run, each once; told again, it gives the same answer."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._answers: dict[int, Message] = {}
        self._known: dict[str, Callable[[dict[str, Any]], Any]] = {
            "pause": self._pause,
            "resume": self._resume,
            "set_threshold": self._set_threshold,
            "status": lambda _: None,
        }

    def answer(self, command: Message) -> Message | None:
        """Return what to tell of *command*, as the server wrote it, after doing it; None if it needs no answer."""
        number = command.get("id")
        if command.get("status") is not None or not isinstance(number, int):  # somebody has answered it
            return None
        if number not in self._answers:
            self._answers[number] = self._done(command.get("command"), command.get("parameters"))
            while len(self._answers) > REMEMBERED:
                del self._answers[next(iter(self._answers))]
        return self._answers[number]

    def _done(self, name: Any, parameters: Any) -> Message:
        try:
            self._known[_checked(name, parameters)](parameters or {})
        except ValueError as error:
            return {"status": "error", "result": {"error": str(error)[:LONGEST_ERROR]}}
        return {"status": "OK", "result": self._status()}

    def _pause(self, _: dict[str, Any]) -> None:
        self._run.control.pause(BY)

    def _resume(self, _: dict[str, Any]) -> None:
        self._run.control.resume(BY)

    def _set_threshold(self, given: dict[str, Any]) -> None:
        self._run.control.set_threshold(given["step"], given["label"], given["value"], BY)

    def _status(self) -> dict[str, Any]:
        """Return how it goes; of a flow with many steps in words only."""
        health, control = self._run.health(), self._run.control
        brief: dict[str, Any] = {"flow": health.flow, "ready": health.ready, "paused": bool(control.paused)}
        told = {name: step.state for name, step in health.steps.items() if step.state}
        states = {
            name: {"state": state.name, "message": state.message, "since": utc(state.since)}
            for name, state in told.items()
        }
        full = {**brief, "thresholds": control.thresholds_set(), "steps": states}
        if len(encoded(full)) <= MOST_BYTES:
            return full
        words = {name: state.name for name, state in told.items()}
        less = {**brief, "steps": words, "cut": ["steps", "thresholds"]}
        return less if len(encoded(less)) <= MOST_BYTES else {**brief, "cut": ["steps", "thresholds"]}


def _checked(name: Any, parameters: Any) -> str:
    """Return *name* if there is such a command, and these are parameters of it."""
    if not isinstance(name, str) or name not in OPTIONS:
        raise ValueError(f"no command {str(name)[:80]!r}; {nearest(str(name)[:80], OPTIONS)}")
    wanted = OPTIONS[name]
    given = {} if parameters is None else parameters
    if not isinstance(given, dict):
        raise ValueError(f"{name}: its parameters must be an object")
    if unknown := sorted(given.keys() - wanted.keys()):
        raise ValueError(f"{name}: no parameter {unknown[0][:80]!r}; {nearest(unknown[0][:80], wanted)}")
    for key, kinds in wanted.items():
        if key not in given:
            raise ValueError(f"{name}: {key!r} is missing")
        if not isinstance(given[key], kinds) or isinstance(given[key], bool):
            raise ValueError(f"{name}: {key!r} must be a {'number' if float in kinds else 'text'}")
    return name
