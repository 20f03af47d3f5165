"""Metrics for Prometheus, and how it goes for whoever watches over the process."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

from reactivex import Observable

from flowrun.operators.sinks._engine_metrics import EngineMetrics
from flowrun.operators.sinks._flow_metrics import FlowMetrics
from flowrun.schemas.kernel import Sink, write_to
from flowrun.schemas.parameters import Field
from flowrun.schemas.plain import utc
from flowrun.schemas.ports import Audio, Event, Levels, Scores, StreamEnd
from flowrun.schemas.run import Run
from flowrun.schemas.spec import operator

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from flowrun.operators.sinks._page_server import Page

Item = Scores | Event | Levels | Audio | StreamEnd


@operator
def prometheus(
    items: Observable[Scores | Event | Levels | Audio | StreamEnd],
    *,
    port: Annotated[int, Field(ge=0, le=65535)] = 9464,
    host: str = "127.0.0.1",
    stuck_s: Annotated[float, Field("s", ge=1)] = 60.0,
    run: Run,
) -> Sink:
    """Serve metrics to Prometheus: those of the whole run, and those of what comes to this step.

    `/metrics` has them, in OpenMetrics where asked for. `/ready` has status 200 while every live source listens, else
    503, and the states of the steps as JSON. `/healthz` has status 200, or 503 with the steps that are stuck. Anybody
    who reaches the port can read this.

    Scores are shown of the last window, for classes that have been the best of one; the level of the last window, or
    block of audio. There are at most 100 series of each kind: what would be more of events is counted as "other".

    Args:
        port: Where to listen; 0 is any port that is free, told in the log.
        host: Name or address to listen at; "0.0.0.0" is all of this machine's.
        stuck_s: A step that has been at one item for longer is stuck; so is a live source that has not looked at its
            device.
    """
    return write_to(items, lambda: _Writer(host, port, stuck_s, run))


class _Writer:
    def __init__(self, host: str, port: int, stuck_s: float, run: Run) -> None:
        from prometheus_client import CollectorRegistry, ProcessCollector

        from flowrun.operators.sinks._page_server import PageServer

        registry = CollectorRegistry()
        registry.register(EngineMetrics(run.health))
        ProcessCollector(registry=registry)
        self._metrics = FlowMetrics(registry, run)
        pages = {
            "/metrics": lambda accept: _exposition(registry, accept),
            "/ready": lambda _: _ready(run),
            "/healthz": lambda _: _healthz(run, stuck_s),
        }
        self._server = PageServer(host, port, pages)
        run.state("working", f"metrics are at {self._server.url}/metrics")

    def write(self, item: Item) -> None:
        self._metrics.take(item)

    def close(self) -> None:
        self._server.close()

    def abort(self) -> None:
        self._server.close()


def _exposition(registry: CollectorRegistry, accept: str) -> Page:
    from prometheus_client.exposition import choose_encoder

    encode, kind = choose_encoder(accept)
    return 200, kind, encode(registry)


def _ready(run: Run) -> Page:
    health = run.health()
    told = {name: step.state for name, step in health.steps.items() if step.state}
    states = {name: {"state": state.name, "since": utc(state.since)} for name, state in told.items()}
    return _json(health.ready, {"ready": health.ready, "flow": health.flow, "steps": states})


def _healthz(run: Run, stuck_s: float) -> Page:
    stuck = run.health().stuck(stuck_s)
    return _json(not stuck, {"stuck": {name: {"for_s": round(seconds, 1)} for name, seconds in stuck.items()}})


def _json(well: bool, data: Any) -> Page:
    text = json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    return 200 if well else 503, "application/json; charset=utf-8", text.encode("utf-8", "replace")
