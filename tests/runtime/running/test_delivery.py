"""A flow with a receiver that is not there runs as one without, and what it could not send the next run does."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from time import monotonic

import pytest
from reactivex import Observable

from flowrun.operators.sinks.webhook import webhook
from flowrun.runtime.running.engine import Engine
from flowrun.schemas.errors import StepError
from flowrun.schemas.kernel import produce
from flowrun.schemas.ports import Event
from flowrun.schemas.spec import operator
from tests.runtime.conftest import FlowOf

TEXT = """
name: alert
steps:
  knocks: {{use: knocks, count: {count}}}
  hook: {{use: webhook, from: knocks, url: "http://127.0.0.1:{port}/", timeout_s: 60}}
"""


@operator
def knocks(*, count: int = 1) -> Observable[Event]:
    """Tell of knocks.

    Args:
        count: How many.
    """
    return produce(lambda: (Event(f"e{n}", "door", "Knock", 0.5, n, n + 1.0) for n in range(count)))


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for state."""
    monkeypatch.setenv("FLOWRUN_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def port() -> Iterator[int]:
    """A port whose owner takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        yield silent.getsockname()[1]


def test_a_receiver_that_says_nothing_holds_up_neither_the_flow_nor_its_end(
    flow_of: FlowOf, state: Path, port: int
) -> None:
    engine = Engine(flow_of(TEXT.format(count=2000, port=port), knocks, webhook), grace_s=1.2)
    engine.start()
    for _ in count():
        delivery = engine.health().steps["hook"].delivery
        if delivery and delivery.waiting == 2000:
            break
        assert not engine.wait(0.01)
    began = monotonic()
    engine.stop()
    while not engine.wait(0.1):
        assert monotonic() - began < 5.0
    engine.check()
    assert (state / "alert.outbox").is_file()
    again = Engine(flow_of(TEXT.format(count=0, port=port), knocks, webhook), grace_s=1.2)
    again.stop()
    again.run()
    found = again.health().steps["hook"].delivery
    assert found
    assert found.waiting == 2000


def test_two_runs_of_a_flow_at_once_are_refused(flow_of: FlowOf, port: int) -> None:
    flow = flow_of(TEXT.format(count=1, port=port), knocks, webhook)
    first = Engine(flow, grace_s=1.2)
    first.start()
    with pytest.raises(StepError, match=r"step 'hook' failed: .*alert.outbox: process \d+ uses this outbox"):
        Engine(flow).run()
    first.stop()
    while not first.wait(0.1):
        pass
    first.check()
