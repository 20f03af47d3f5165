"""What happens when an item, an operator or a thread fails: to that step, and to nobody else."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import reactivex
from reactivex import Observable, abc
from reactivex import operators as ops
from reactivex.scheduler import EventLoopScheduler, ThreadPoolScheduler

from flowrun.runtime.language.flow import Flow
from flowrun.runtime.running.engine import Engine
from flowrun.schemas.errors import StepError
from flowrun.schemas.kernel import Sink, each, produce, write_to
from flowrun.schemas.ports import Audio, Rejected
from flowrun.schemas.run import Run
from flowrun.schemas.spec import operator

FlowOf = Callable[..., Flow]
HEARD: dict[str, list[Any]] = {}


@operator
def five(*, run: Run) -> Observable[Audio]:
    """Give 0, 1, 2, 3, 4 until told to stop."""
    blocks = (Audio(np.full(1, i, np.float32), 16000, "s", i, last=i == 4) for i in range(5))
    return produce(lambda: (block for block in blocks if not run.stopping.is_set()))


@operator
def keep(items: Observable[Audio | Rejected], *, name: str = "kept") -> Sink:
    """Keep what arrives.

    Args:
        name: Where.
    """

    class Writer:
        def write(self, item: Any) -> None:
            HEARD[name].append(item.error if isinstance(item, Rejected) else int(item.samples[0]))

        def close(self) -> None:
            HEARD[name].append("closed")

        def abort(self) -> None:
            HEARD[name].append("aborted")

    HEARD[name] = []
    return write_to(items, Writer)


def fail_on_two(item: Audio) -> Audio:
    if item.samples[0] == 2:
        raise ValueError("two is too much")
    return item


@operator
def kernel(audio: Observable[Audio]) -> Observable[Audio]:
    """Fail in a kernel."""
    return each(audio, fail_on_two)


@operator
def plain_rx(audio: Observable[Audio]) -> Observable[Audio]:
    """Fail in Rx's own map, which ends the sequence."""
    return audio.pipe(ops.map(fail_on_two))


@operator
def subscriber(audio: Observable[Audio]) -> Observable[Audio]:
    """Fail in a bare subscriber, which raises into whoever emits."""

    def subscribe(observer: abc.ObserverBase[Audio], scheduler: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        return audio.subscribe(lambda a: observer.on_next(fail_on_two(a)), observer.on_error, observer.on_completed)

    return reactivex.create(subscribe)


@operator
def event_loop(audio: Observable[Audio]) -> Observable[Audio]:
    """Fail behind an event loop's thread."""
    return audio.pipe(ops.observe_on(EventLoopScheduler()), ops.map(fail_on_two))


@operator
def thread_pool(audio: Observable[Audio]) -> Observable[Audio]:
    """Fail behind a pool's thread."""
    return audio.pipe(ops.observe_on(ThreadPoolScheduler(1)), ops.map(fail_on_two))


FAILING = [kernel, plain_rx, subscriber, event_loop, thread_pool]
TEXT = """
steps:
  source: {{use: five}}
  other: {{use: keep, from: source, name: other, queue: {{size: 1}}}}
  worker: {{use: {name}, from: source{policy}}}
  kept: {{use: keep, from: worker}}
"""


@pytest.mark.parametrize("failing", FAILING, ids=lambda f: str(f.__name__))
def test_by_default_a_failing_item_stops_the_flow_and_names_the_step(flow_of: FlowOf, failing: Any) -> None:
    engine = Engine(flow_of(TEXT.format(name=failing.__name__, policy=""), five, failing, keep))
    with pytest.raises(StepError, match=r"^step 'worker' failed( on s)?: two is too much$"):
        engine.run()
    assert HEARD["kept"][-1] == "aborted"
    assert HEARD["other"][-1] == "closed"  # the branch beside it ends well


@pytest.mark.parametrize("failing", [kernel, plain_rx, subscriber], ids=lambda f: str(f.__name__))
def test_skip_goes_on_with_the_next_item_and_counts(flow_of: FlowOf, failing: Any) -> None:
    engine = Engine(flow_of(TEXT.format(name=failing.__name__, policy=", on_error: skip"), five, failing, keep))
    engine.run()
    assert HEARD["kept"] == [0, 1, 3, 4, "closed"]
    assert HEARD["other"] == [0, 1, 2, 3, 4, "closed"]
    assert engine.stats()["worker"].errors == 1


@pytest.mark.parametrize("failing", [event_loop, thread_pool], ids=lambda f: str(f.__name__))
def test_a_failure_on_a_schedulers_thread_neither_vanishes_nor_hangs(flow_of: FlowOf, failing: Any) -> None:
    engine = Engine(flow_of(TEXT.format(name=failing.__name__, policy=", on_error: skip"), five, failing, keep))
    engine.run()
    assert engine.stats()["worker"].errors == 1
    assert HEARD["other"] == [0, 1, 2, 3, 4, "closed"]


def test_a_dead_letter_step_gets_what_failed_and_why(flow_of: FlowOf) -> None:
    text = """
steps:
  source: {use: five}
  worker: {use: kernel, on_error: {to: letters}}
  kept: {use: keep}
  letters: {use: keep, name: letters}
"""
    Engine(flow_of(text, five, kernel, keep)).run()
    assert HEARD["kept"] == [0, 1, 3, 4, "closed"]
    assert HEARD["letters"] == ["two is too much", "closed"]


def test_a_source_that_raises_ends_the_flow_with_its_reason(flow_of: FlowOf) -> None:
    @operator
    def breaks() -> Observable[Audio]:
        """Break."""

        def blocks() -> Any:
            yield Audio(np.zeros(1, np.float32), 16000, "s")
            raise OSError(19, "No such device", "hw:1")

        return produce(blocks)

    engine = Engine(flow_of("steps:\n  s: {use: breaks}\n  k: {use: keep}\n", breaks, keep))
    with pytest.raises(StepError, match="step 's' failed: hw:1: No such device"):
        engine.run()
    assert HEARD["kept"] == [0, "aborted"]


def test_a_sink_that_cannot_write_or_close_fails_its_step(flow_of: FlowOf) -> None:
    @operator
    def full(items: Observable[Audio]) -> Sink:
        """Fail to close."""

        class Writer:
            def write(self, item: Any) -> None:
                pass

            def close(self) -> None:
                raise OSError(28, "No space left on device", "out.csv")

            def abort(self) -> None:
                pass

        return write_to(items, Writer)

    with pytest.raises(StepError, match=r"step 'f' failed: out\.csv: No space left on device"):
        Engine(flow_of("steps:\n  s: {use: five}\n  f: {use: full}\n", five, full)).run()


def test_a_step_that_cannot_be_built_fails_before_anything_runs(flow_of: FlowOf) -> None:
    @operator
    def unbuildable(audio: Observable[Audio]) -> Observable[Audio]:
        """Need what is not there."""
        raise ModuleNotFoundError("resampy is not installed: pip install 'flowrun[resampy]'")

    engine = Engine(
        flow_of("steps:\n  s: {use: five}\n  u: {use: unbuildable}\n  k: {use: keep}\n", five, unbuildable, keep)
    )
    with pytest.raises(StepError, match=r"step 'u' failed: .*pip install"):
        engine.run()
    assert HEARD["kept"] == ["aborted"]  # what was opened for the run is let go of
    assert "s" not in {thread.name for thread in threading.enumerate()}


def test_a_thread_that_dies_takes_the_flow_down(flow_of: FlowOf, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(flow_of("steps:\n  s: {use: five}\n  k: {use: keep}\n", five, keep))
    monkeypatch.setattr(engine.nodes["k"][0], "serve", lambda: 1 / 0)
    with pytest.raises(StepError, match="step 'k' failed: ZeroDivisionError"):
        engine.run()


def test_a_simple_sink_may_subscribe_by_itself(flow_of: FlowOf) -> None:
    got: list[float] = []

    @operator
    def simple(items: Observable[Audio]) -> None:
        """Subscribe."""
        items.subscribe(lambda a: got.append(fail_on_two(a).samples[0].item()))

    Engine(flow_of("steps:\n  s: {use: five}\n  k: {use: simple, on_error: skip}\n", five, simple)).run()
    assert got == [0, 1, 3, 4]


@operator
def locked(items: Observable[Audio]) -> Sink:
    """Write where nothing can be written."""

    def opened() -> Any:
        raise OSError(30, "Read-only file system", "out.csv")

    return write_to(items, opened)


def test_a_sink_that_cannot_open_ends_the_flow_once_also_where_items_are_skipped(flow_of: FlowOf) -> None:
    flow = flow_of("steps: {five: {use: five}, out: {use: locked, on_error: skip}}", five, locked)
    with pytest.raises(StepError, match=r"out\.csv: Read-only file system"):
        Engine(flow).run()
