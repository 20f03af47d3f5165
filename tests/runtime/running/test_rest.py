"""A step that rests keeps the run at its end, until it is asked to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from reactivex import Observable

from flowrun.runtime.language.flow import Flow
from flowrun.runtime.running.engine import Engine
from flowrun.schemas.errors import StepError
from flowrun.schemas.kernel import Sink, produce, write_to
from flowrun.schemas.ports import Audio
from flowrun.schemas.run import Run
from flowrun.schemas.spec import operator

FlowOf = Callable[..., Flow]
CLOSED = threading.Event()
STEPS = "steps:\n  source: {use: second}\n  page: {use: stays}\n"


class _Rests:
    """A writer that rests; one that is slow waits for `CLOSED` first."""

    def __init__(self, run: Run, *, slow: bool) -> None:
        self._run, self._slow = run, slow

    def write(self, item: Audio) -> None:
        if item.stream == "broken":
            raise ValueError("broken")

    def close(self) -> None:
        if self._slow:
            assert CLOSED.wait(10)
        else:
            self._run.rest()

    def abort(self) -> None:
        pass


@operator
def second(*, stream: str = "a") -> Observable[Audio]:
    """Give a second of sound.

    Args:
        stream: Its name.
    """

    def blocks() -> Iterator[Audio]:
        yield Audio(np.zeros(16000, np.float32), 16000, stream, 0, last=True)

    return produce(blocks)


@operator
def stays(audio: Observable[Audio], *, run: Run) -> Sink:
    """Rest at the end."""
    return write_to(audio, lambda: _Rests(run, slow=False))


@operator
def saves(audio: Observable[Audio], *, run: Run) -> Sink:
    """Take long at the end."""
    return write_to(audio, lambda: _Rests(run, slow=True))


def wait_for(condition: Callable[[], Any]) -> None:
    """Wait until *condition* is true: of threads that tell nobody."""
    clock = threading.Event()
    for _ in range(1000):
        if condition():
            return
        clock.wait(0.01)
    raise AssertionError("it did not come")


def test_it_is_at_rest_when_all_others_have_ended_and_ends_when_it_is_asked_to(flow_of: FlowOf) -> None:
    CLOSED.clear()
    engine = Engine(flow_of(f"{STEPS}  bundle: {{use: saves, from: source}}\n", second, stays, saves))
    engine.start()
    wait_for(lambda: "page" in engine._resting)
    assert not engine.health().ended  # the other one still saves
    CLOSED.set()
    wait_for(lambda: engine.health().ended)
    assert engine.health().steps["page"].busy_s == 0  # who rests does not hang
    assert not engine.wait(0)
    engine.stop()
    assert engine.wait(10)
    assert not engine.health().ended
    engine.check()


def test_what_fails_does_not_rest(flow_of: FlowOf) -> None:
    engine = Engine(flow_of(STEPS, second, stays, settings=("steps.source.stream=broken",)))
    engine.start()
    assert engine.wait(10)
    assert isinstance(engine.error, StepError)


def test_in_virtual_time_nothing_rests(flow_of: FlowOf) -> None:
    Engine(flow_of(STEPS, second, stays), threads=False).run()
