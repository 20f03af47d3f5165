"""How it goes with the flow, for the page."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

from flowrun.operators._printable import printable
from flowrun.operators.sinks._web.desk import Desk
from flowrun.schemas.health import Health, StepHealth
from flowrun.schemas.plain import utc
from flowrun.schemas.run import Run

Data = dict[str, Any]


class FlowState:
    """The state of the flow as the page shows it; *login*: whether a password is set."""

    def __init__(self, run: Run, desk: Desk, *, login: bool) -> None:
        self._run = run
        self._desk = desk
        self._login = login
        self._version = version("flowrun")
        self._started_at = utc(run.now())

    def data(self) -> Data:
        """Return it now."""
        health = self._run.health()
        return {
            "flow": printable(health.flow),
            "version": self._version,
            "started_at": self._started_at,
            "ready": health.ready,
            "stopping": health.stopping,
            "ended": health.ended,
            "paused": self._run.control.paused is not None,
            "login": self._login,
            "streams": list(self._streams(health)),
            "steps": {name: _step(step) for name, step in health.steps.items()},
        }

    def _streams(self, health: Health) -> Iterator[Data]:
        """Yield each stream that is under way, and each live source that gives none."""
        heard = self._desk.rates()
        of_steps = {printable(stream): name for name, step in health.steps.items() for stream in step.streams}
        for stream in dict.fromkeys([*of_steps, *heard]):
            step = of_steps.get(stream)
            yield _stream(stream, step, health.steps.get(step or ""), heard.get(stream))
        for name, source in health.steps.items():
            if source.live and not source.streams:
                yield _stream(name, name, source, None)


def _stream(name: str, step: str | None, health: StepHealth | None, rate_hz: int | None) -> Data:
    state = health.state if health else None
    return {
        "name": name,
        "step": step,
        "state": state.name if state else "listening",  # a file tells nothing: it is simply read
        "since": utc(state.since) if state else None,
        "message": printable(state.message) if state else "",
        "rate_hz": rate_hz,
        "audio": rate_hz is not None,
    }


def _step(step: StepHealth) -> Data:
    return {
        "state": step.state.name if step.state else None,
        "since": utc(step.state.since) if step.state else None,
        "message": printable(step.state.message) if step.state else "",
        "items_in": step.stats.items_in,
        "items_out": step.stats.items_out,
        "dropped": step.stats.dropped,
        "errors": step.stats.errors,
        "queue": step.waiting,
        "queue_size": step.queue_size,
        "busy_s": round(step.busy_s, 3),
    }
