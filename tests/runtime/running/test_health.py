"""The health of a run: which step hangs, what a source lost, how a live source goes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from reactivex import Observable

from flowrun.runtime.language.flow import Flow
from flowrun.runtime.running.engine import Engine
from flowrun.runtime.running.summary import as_data, as_text
from flowrun.schemas.kernel import Sink, each, produce, write_to
from flowrun.schemas.ports import Audio
from flowrun.schemas.run import Run
from flowrun.schemas.spec import operator

FlowOf = Callable[..., Flow]
SECOND = np.ones(16000, np.float32)


class Gates:
    """Where the steps below wait: a gate is entered, and opened by the test."""

    def __init__(self) -> None:
        self.entered: dict[str, threading.Event] = {}
        self.opened: dict[str, threading.Event] = {}
        for name in ("source", "middle", "sink"):
            self.entered[name], self.opened[name] = threading.Event(), threading.Event()

    def wait(self, name: str) -> None:
        self.entered[name].set()
        assert self.opened[name].wait(10)

    def open(self) -> None:
        for gate in self.opened.values():
            gate.set()


GATES = Gates()


@operator(live=True)
def gated(*, first: bool = False, run: Run) -> Observable[Audio]:
    """Give four blocks.

    Args:
        first: Wait before them.
    """

    def blocks() -> Iterator[Audio]:
        run.heartbeat()
        if first:
            GATES.wait("source")
        run.state("listening", "it listens")
        for i in range(4):
            yield Audio(SECOND, 16000, "s", 16000 * i, last=i == 3)
            run.heartbeat()

    return produce(blocks)


@operator
def middle(audio: Observable[Audio], *, hangs: bool = False) -> Observable[Audio]:
    """Pass on.

    Args:
        hangs: Wait.
    """

    def step(item: Audio) -> Audio:
        if hangs:
            GATES.wait("middle")
        return item

    return each(audio, step)


@operator
def sink(audio: Observable[Audio], *, hangs: bool = False) -> Sink:
    """Take.

    Args:
        hangs: Wait.
    """

    class Writer:
        def write(self, item: Any) -> None:
            if hangs:
                GATES.wait("sink")

        def close(self) -> None: ...
        def abort(self) -> None: ...

    return write_to(audio, Writer)


@pytest.fixture
def started(flow_of: FlowOf, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Engine]]:
    """A function that starts a flow of the steps above; at the end of the test all gates are opened."""
    monkeypatch.setitem(globals(), "GATES", Gates())
    engines = []

    def start(steps: str) -> Engine:
        engine = Engine(flow_of(f"steps:\n{steps}", gated, middle, sink))
        engines.append(engine)
        engine.start()
        return engine

    yield start
    GATES.open()
    assert all(engine.wait(10) for engine in engines)


@pytest.mark.parametrize("who", ["source", "middle", "sink"])
def test_of_a_chain_only_the_step_that_hangs_is_stuck(started: Callable[[str], Engine], who: str) -> None:
    engine = started(
        f"  source: {{use: gated, first: {who == 'source'}}}\n"
        f"  middle: {{hangs: {who == 'middle'}, use: middle}}\n"
        f"  sink: {{hangs: {who == 'sink'}, use: sink, queue: {{size: 1, when_full: block}}}}\n"
    )
    assert GATES.entered[who].wait(10)
    for _ in range(100):
        if who in (stuck := engine.health().stuck(0.05)):
            break
        engine.wait(0.01)
    assert set(stuck) == {who}


def test_nobody_is_stuck_when_it_is_over(started: Callable[[str], Engine]) -> None:
    engine = started("  source: {use: gated}\n  sink: {use: sink}\n")
    assert engine.wait(10)
    assert engine.health().stuck(0.0) == {}


def test_a_source_that_means_to_rest_is_not_stuck(started: Callable[[str], Engine]) -> None:
    engine = started("  source: {use: gated, first: true}\n  sink: {use: sink}\n")
    assert GATES.entered["source"].wait(10)
    engine.nodes["source"][0].attention.heartbeat(30.0)
    engine.wait(0.01)
    assert engine.health().stuck(0.0) == {}


def test_a_live_source_is_ready_from_when_it_says_that_it_listens(started: Callable[[str], Engine]) -> None:
    engine = started("  source: {use: gated, first: true}\n  sink: {use: sink, hangs: true}\n")
    assert GATES.entered["source"].wait(10)
    state = engine.health().steps["source"].state
    assert state is not None
    assert (state.name, engine.health().ready) == ("starting", False)
    GATES.opened["source"].set()
    assert GATES.entered["sink"].wait(10)
    assert engine.health().ready
    engine.stop()
    assert not engine.health().ready


def test_the_queue_of_a_step_is_seen(started: Callable[[str], Engine]) -> None:
    engine = started(
        "  source: {use: gated}\n  sink: {use: sink, hangs: true, queue: {size: 7, when_full: drop_oldest}}\n"
    )
    assert GATES.entered["sink"].wait(10)
    for _ in range(100):
        if engine.health().steps["sink"].waiting == 3:
            break
        engine.wait(0.01)
    health = engine.health().steps["sink"]
    assert (health.waiting, health.queue_size) == (3, 7)


@operator(live=True)
def losing(*, stream: str, run: Run) -> Observable[Audio]:
    """Give a stream with gaps of 0.5 s and of 2 s; tells no states.

    Args:
        stream: Its name.
    """

    def block(start: int, *, gap: bool = False, last: bool = False) -> Audio:
        return Audio(SECOND, 16000, stream, start, gap=gap, last=last)

    return produce(lambda: iter([block(0), block(24000, gap=True), block(72000, gap=True), block(88000, last=True)]))


def test_lost_samples_are_counted_from_the_blocks_by_stream(flow_of: FlowOf) -> None:
    flow = flow_of("steps:\n  a: {use: losing, stream: a}\n  sink: {use: sink}\n", losing, sink)
    engine = Engine(flow)
    engine.run()
    stats = engine.stats()["a"]
    assert (stats.gaps, stats.lost_samples, stats.lost_s) == (2, 40000, 2.5)
    assert as_text(engine, 1.0).splitlines()[1] == "  a: 2.50 s of audio lost in 2 gaps"
    assert as_data(engine, 1.0, [])["steps"]["a"]["lost_samples"] == 40000


def test_a_source_that_tells_no_state_listens_once_it_has_given_something(flow_of: FlowOf) -> None:
    engine = Engine(flow_of("steps:\n  a: {use: losing, stream: a}\n  sink: {use: sink}\n", losing, sink))
    before = engine.health().steps["a"]
    engine.run()
    after = engine.health().steps["a"]
    assert (before.listening, after.listening) == (False, True)


def test_a_source_that_ends_while_another_goes_on_is_told_of(
    started: Callable[[str], Engine], flow_of: FlowOf, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "flowrun.engine")
    text = "steps:\n  a: {use: losing, stream: a}\n  b: {use: gated, first: true}\n  sink: {use: sink, from: [a, b]}\n"
    engine = Engine(flow_of(text, losing, gated, sink))
    engine.start()
    for _ in range(100):
        state = engine.health().steps["a"].state
        if state and state.name == "ended":
            break
        engine.wait(0.01)
    assert not engine.health().ready
    GATES.open()
    assert engine.wait(10)
    told = [record for record in caplog.records if getattr(record, "state", "") == "ended"]
    assert [(record.levelname, record.step) for record in told] == [("WARNING", "a")]  # type: ignore[attr-defined]
