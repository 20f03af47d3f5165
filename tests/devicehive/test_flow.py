"""A flow and a DeviceHive: what is heard arrives although the server restarts, and the flow does as it is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, Queue
from threading import Event as Flag
from typing import Any

import numpy as np
import pytest
from reactivex import Observable

from flowrun.models.outbox.backoff import Backoff
from flowrun.operators._delivery import courier
from flowrun.runtime import discovery
from flowrun.runtime.language.load import load
from flowrun.runtime.running.engine import Engine
from flowrun.schemas.kernel import each, produce
from flowrun.schemas.ports import Audio, Scores, Windows
from flowrun.schemas.run import Run
from flowrun.schemas.spec import operator, spec_of
from tests.devicehive.hive import Session as Caller
from tests.devicehive.server import Server, serving
from tests.fault_proxy import FaultProxy

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]
BEGAN_AT = datetime(2026, 1, 1, tzinfo=UTC)
LIMIT_S = 20
TICKS: Queue[None] = Queue()


@operator(live=True)
def ticking(*, run: Run) -> Observable[Audio]:
    """Give a second of sound, ten seconds after the one before, whenever the test says so."""

    def blocks() -> Iterator[Audio]:
        run.state("listening", "it listens")
        position = 0
        while not run.stopping.is_set():
            run.heartbeat()
            try:
                TICKS.get(timeout=0.02)
            except Empty:
                continue
            yield Audio(np.ones(16000, np.float32), 16000, "mic", position, BEGAN_AT, gap=position > 0)
            position += 160_000
        yield Audio(np.zeros(0, np.float32), 16000, "mic", position, BEGAN_AT, last=True)

    return produce(blocks)


@operator
def scored(audio: Observable[Audio]) -> Observable[Scores]:
    """Give each second the score 0.6."""

    def scores(block: Audio) -> Scores:
        count = int(len(block.samples) > 0)
        at = Windows(block.stream, np.full(count, block.start_s), 1.0, 1.0, BEGAN_AT, block.gap, block.last)
        return Scores(at, np.full((count, 1), 0.6, np.float32), ("Glass",))

    return each(audio, scores)


FLOW = """
name: porch
steps:
  mic: {{use: ticking}}
  scores: {{use: scored}}
  hits: {{use: threshold, labels: {{Glass: 0.5}}}}
  events: {{use: debounce, emit: start}}
  iot:
    use: devicehive
    url: {url}
    device_id: porch
    refresh_token: ${{file:{token}}}
"""


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def started(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Engine]]:
    ours, extra = discovery.find, {"ticking": spec_of(ticking), "scored": spec_of(scored)}
    monkeypatch.setattr(discovery, "find", lambda name: extra.get(name) or ours(name))
    monkeypatch.setattr(courier, "Backoff", lambda: Backoff(lambda low, high: 0.05))
    monkeypatch.setenv("FLOWRUN_STATE", str(tmp_path / "state"))
    (tmp_path / "token").write_text(server.hive.tokens()["refreshToken"])
    engines: list[Engine] = []

    def start(url: str) -> Engine:
        path = tmp_path / "flow.yaml"
        path.write_text(FLOW.format(url=url, token=tmp_path / "token"))
        engines.append(Engine(load(path)))
        engines[-1].start()
        return engines[-1]

    yield start
    for engine in engines:
        engine.stop()
        assert engine.wait(LIMIT_S)


def until(true: Callable[[], Any]) -> Any:
    """Wait for *true* to be so."""
    pause = Flag()
    for _ in range(50 * LIMIT_S):
        if value := true():
            return value
        pause.wait(0.02)
    return pytest.fail("it did not come to pass")


def tick(times: int = 1) -> None:
    for _ in range(times):
        TICKS.put(None)


def told(server: Server) -> list[float]:
    """Return when the events began that the server was told of, s."""
    kept = list(server.hive.notifications)
    return [found["parameters"]["start_s"] for found in kept if found["notification"] == "event"]


def until_told(server: Server, count: int) -> None:
    """Wait until the server was told of so many events; of some perhaps twice."""
    until(lambda: len(set(told(server))) >= count)


def commanded(server: Server, name: str, **parameters: Any) -> dict[str, Any]:
    """Command something; return what the flow answers."""
    request = {"action": "command/insert", "deviceId": "porch", "command": {"command": name, "parameters": parameters}}
    server.hive.handle(Caller(lambda _: None, 1), request)
    given = server.hive.commands[-1]
    until(lambda: given["status"])
    return given


def test_a_flow_does_as_it_is_told(server: Server, started: Callable[[str], Engine]) -> None:
    engine = started(server.url)
    tick(2)
    assert until(lambda: len(told(server)) == 2)

    assert commanded(server, "pause")["result"]["steps"]["mic"]["state"] == "paused"
    assert not engine.health().ready
    tick(2)
    until(TICKS.empty)
    result = commanded(server, "resume")["result"]
    assert (result["paused"], result["ready"], result["steps"]["mic"]["state"]) == (False, True, "listening")
    tick()
    assert until(lambda: len(told(server)) == 3)
    assert told(server) == [0.0, 10.0, 40.0]

    commanded(server, "set_threshold", step="hits", label="Glass", value=0.7)
    tick()
    until(TICKS.empty)
    commanded(server, "set_threshold", step="hits", label="Glass", value=0.4)
    tick()
    assert until(lambda: len(told(server)) == 4)
    assert told(server)[-1] == 60.0
    assert commanded(server, "set_threshold", step="hits", label="Glas", value=0.4)["status"] == "error"


@pytest.mark.parametrize("way", ["url", "rest"])
def test_everything_arrives_in_order_although_the_server_restarts(
    server: Server, started: Callable[[str], Engine], way: str
) -> None:
    engine = started(getattr(server, way))
    for round_ in range(5):
        tick(2)
        until_told(server, 2 * round_ + 1)
        server.stop()
        tick(2)
        until(TICKS.empty)
        server.start()
        tick(1)
        until_told(server, 5 * round_ + 5)
    assert list(dict.fromkeys(told(server))) == [10.0 * i for i in range(25)]
    assert engine.stats()["mic"].lost_samples == 24 * 144_000  # what the source says itself
    assert engine.stats()["iot"].dropped == 0


def test_everything_arrives_in_order_over_a_bad_network(server: Server, started: Callable[[str], Engine]) -> None:
    with FaultProxy(("127.0.0.1", server.port)) as proxy:
        engine = started(f"ws://127.0.0.1:{proxy.port}/api/websocket")
        faults: list[Callable[[], None]] = [proxy.cut, proxy.garbage, proxy.refuse, lambda: proxy.slow(5000)]
        for i, fault in enumerate(faults):
            tick(3)
            until_told(server, 6 * i + 1)
            fault()
            tick(3)
            until(TICKS.empty)
            proxy.heal()
            until_told(server, 6 * i + 6)
        assert list(dict.fromkeys(told(server))) == [10.0 * i for i in range(24)]
        states = json.dumps([step.state.message for step in engine.health().steps.values() if step.state])
        assert "eyJ" not in states
