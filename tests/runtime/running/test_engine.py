"""Running: order, fan-out, merges, queues, copies, ends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.disposable import CompositeDisposable

from flowrun.runtime.language.flow import Flow
from flowrun.runtime.running.engine import Engine
from flowrun.schemas.errors import StepError
from flowrun.schemas.kernel import Sink, each, per_stream, produce, write_to
from flowrun.schemas.ports import Audio, Failed, StreamEnd
from flowrun.schemas.run import Run
from flowrun.schemas.spec import operator

FlowOf = Callable[..., Flow]
HEARD: dict[str, list[Any]] = {}


def audio(stream: str, start: int, *, last: bool = False) -> Audio:
    return Audio(np.full(1, start, np.float32), 16000, stream, start, last=last)


@operator
def numbers(*, count: int = 3, stream: str = "s", workers: int = 1, run: Run) -> Observable[Audio]:
    """Give blocks of one sample.

    Args:
        count: How many.
        stream: Their stream.
        workers: Copies.
    """
    return produce(lambda: (audio(stream, i, last=i == count - 1) for i in range(count)))


@operator
def times_ten(audio: Observable[Audio]) -> Observable[Audio]:
    """Multiply by ten."""
    return each(audio, lambda a: Audio(a.samples * 10, a.rate_hz, a.stream, a.start_sample, last=a.last))


@operator
def hear(items: Observable[Audio | StreamEnd], *, name: str = "heard") -> Sink:
    """Keep what arrives.

    Args:
        name: Where.
    """

    class Writer:
        def write(self, item: Any) -> None:
            HEARD[name].append(f"end {item.stream}" if isinstance(item, StreamEnd) else item.samples[0].item())

        def close(self) -> None:
            HEARD[name].append("closed")

        def abort(self) -> None:
            HEARD[name].append("aborted")

    HEARD[name] = []
    return write_to(items, Writer)


def test_every_reader_gets_every_item_and_then_the_end(flow_of: FlowOf) -> None:
    text = """
steps:
  source: {use: numbers}
  plain: {use: hear, from: source, name: plain}
  ten: {use: times_ten, from: source}
  tens: {use: hear, from: ten, name: tens}
"""
    Engine(flow_of(text, numbers, times_ten, hear)).run()
    assert HEARD["plain"] == [0, 1, 2, "end s", "closed"]
    assert HEARD["tens"] == [0, 10, 20, "end s", "closed"]


def test_two_sources_merge_into_one_port_without_loss(flow_of: FlowOf) -> None:
    text = """
steps:
  a: {use: numbers, stream: a, count: 200}
  b: {use: numbers, stream: b, count: 200}
  both: {use: times_ten, from: [a, b]}
  heard: {use: hear, queue: {size: 2}}
"""
    Engine(flow_of(text, numbers, times_ten, hear)).run()
    values = [v for v in HEARD["heard"] if not isinstance(v, str)]
    assert sorted(values) == sorted([10 * i for i in range(200)] * 2)
    assert HEARD["heard"].count("end a") == HEARD["heard"].count("end b") == 1
    assert HEARD["heard"][-1] == "closed"


def test_an_operator_is_never_entered_by_two_threads_at_once(flow_of: FlowOf) -> None:
    inside, most = 0, 0

    @operator
    def count_threads(audio: Observable[Audio]) -> Observable[Audio]:
        """Watch who is inside."""

        def enter(item: Audio) -> Audio:
            nonlocal inside, most
            inside += 1
            most = max(most, inside)
            np.sort(np.random.default_rng(0).random(20_000))  # long enough, and without the interpreter's lock
            inside -= 1
            return item

        return each(audio, enter)

    text = """
steps:
  a: {use: numbers, count: 50}
  b: {use: numbers, count: 50}
  c: {use: count_threads, from: [a, b]}
"""
    Engine(flow_of(text, numbers, count_threads)).run()
    assert most == 1


def test_copies_of_a_source_share_the_work_and_their_steps_share_nothing(flow_of: FlowOf) -> None:
    threads: set[str] = set()
    built: list[int] = []

    @operator
    def streams(*, workers: int, run: Run) -> Observable[Audio]:
        """Give forty streams of one block.

        Args:
            workers: Copies.
        """
        names = [f"s{i}" for i in range(40)]
        return produce(lambda: (audio(name, 1, last=True) for name in names if run.claim(name)))

    @operator
    def note(audio: Observable[Audio]) -> Observable[Audio]:
        """Note the thread."""
        built.append(1)
        return audio.pipe(ops.do_action(lambda _: threads.add(str(threading.get_ident()))))

    flow = flow_of("steps:\n  s: {use: streams, workers: 3}\n  n: {use: note}\n  h: {use: hear}\n", streams, note, hear)
    Engine(flow).run()
    assert len(built) == 3
    assert sorted(v for v in HEARD["heard"] if isinstance(v, str)) == sorted(
        ["closed", *(f"end s{i}" for i in range(40))]
    )


def test_a_source_is_told_of_each_stream_when_all_sinks_have_finished_with_it(flow_of: FlowOf) -> None:
    order: list[str] = []

    @operator
    def telling(*, run: Run) -> Observable[Audio]:
        """Give two streams."""
        run.on_stream_end(
            lambda stream: order.append(f"{stream} done after {len(HEARD['one'])} and {len(HEARD['two'])}")
        )
        return produce(lambda: (audio(name, 0, last=True) for name in ("a", "b")))

    text = """
steps:
  s: {use: telling}
  one: {use: hear, name: one}
  two: {use: hear, from: s, name: two}
"""
    Engine(flow_of(text, telling, hear)).run()
    assert [line.split()[0] for line in order] == ["a", "b"]
    first = [int(word) for word in order[0].split() if word.isdigit()]
    assert min(first) >= 2  # the item and the end of stream a, in both sinks


def test_kernels_of_different_streams_keep_apart_and_start_anew_after_a_gap() -> None:
    class Sum:
        def __init__(self) -> None:
            self.total = 0.0

        def __call__(self, item: Audio) -> list[float]:
            self.total += float(item.samples[0])
            return [self.total]

    items = [audio("a", 1), audio("b", 10), audio("a", 2), Audio(np.ones(1, np.float32), 16000, "a", 3, gap=True)]
    got: list[float] = []
    per_stream(produce(lambda: iter(items)), Sum).subscribe(got.append)
    assert got == [1, 10, 3, 1]


def test_stopping_ends_an_endless_source_and_closes_the_sinks(flow_of: FlowOf) -> None:
    @operator
    def endless(*, run: Run) -> Observable[Audio]:
        """Give blocks until told to stop."""

        def blocks() -> Any:
            while not run.stopping.is_set():
                yield audio("s", 1)
            yield audio("s", 2, last=True)

        return produce(blocks)

    engine = Engine(flow_of("steps:\n  s: {use: endless}\n  h: {use: hear}\n", endless, hear))
    engine.start()
    engine.stop()
    assert engine.wait(10)
    engine.check()
    assert HEARD["heard"][-3:] == [2, "end s", "closed"]


def test_a_flow_whose_readers_are_all_done_stops_its_sources(flow_of: FlowOf) -> None:
    @operator
    def first_two(audio: Observable[Audio]) -> Observable[Audio]:
        """Take two."""
        return audio.pipe(ops.take(2))

    @operator
    def until_stopped(*, run: Run) -> Observable[Audio]:
        """Give blocks until told to stop."""

        def blocks() -> Any:
            i = 0
            while not run.stopping.is_set():
                yield audio("s", i)
                i += 1

        return produce(blocks)

    text = "steps:\n  s: {use: until_stopped}\n  two: {use: first_two}\n  h: {use: hear}\n"
    engine = Engine(flow_of(text, until_stopped, first_two, hear))
    engine.start()
    assert engine.wait(10)
    assert HEARD["heard"] == [0, 1, "closed"]


def test_a_slow_sink_with_a_dropping_queue_never_holds_up_its_neighbours(flow_of: FlowOf) -> None:
    gate = threading.Event()

    @operator
    def stuck(items: Observable[Audio]) -> Sink:
        """Wait for the gate."""

        class Writer:
            def write(self, item: Any) -> None:
                gate.wait(10)

            def close(self) -> None:
                pass

            def abort(self) -> None:
                pass

        return write_to(items, Writer)

    text = """
steps:
  s: {use: numbers, count: 500}
  h: {use: hear}
  slow: {use: stuck, from: s, queue: {size: 4, when_full: drop_oldest}}
"""
    engine = Engine(flow_of(text, numbers, hear, stuck))
    engine.start()
    for _ in range(1000):
        if HEARD["heard"] and HEARD["heard"][-1] == "closed":
            break
        engine.wait(0.01)
    assert len(HEARD["heard"]) == 502  # all items, the end of the stream, the close: while the other sink still waits
    gate.set()
    assert engine.wait(10)
    stats = engine.stats()["slow"]
    assert stats.dropped > 0
    assert stats.dropped + stats.items_in == 500


def test_timers_of_operators_follow_the_audio_when_there_are_no_threads(flow_of: FlowOf) -> None:
    @operator
    def sampled(audio: Observable[Audio]) -> Observable[Audio]:
        """Give the last block of each second."""
        return audio.pipe(ops.sample(1.0))

    @operator
    def seconds() -> Observable[Audio]:
        """Give 35 blocks of a tenth of a second."""
        tenth = np.zeros(1600, np.float32)
        return produce(lambda: (Audio(tenth + i, 16000, "s", 1600 * i, last=i == 34) for i in range(35)))

    Engine(
        flow_of("steps:\n  s: {use: seconds}\n  t: {use: sampled}\n  h: {use: hear}\n", seconds, sampled, hear),
        threads=False,
    ).run()
    assert [v for v in HEARD["heard"] if not isinstance(v, str)] == pytest.approx([9, 19, 29, 34], abs=1)


def test_a_failed_value_never_reaches_an_operator(flow_of: FlowOf) -> None:
    @operator(on_error="skip")
    def half_broken() -> Observable[Audio]:
        """Give a good and a bad stream."""
        return produce(lambda: iter([audio("good", 1, last=True), Failed("bad", ValueError("no"), ends_stream=True)]))

    Engine(flow_of("steps:\n  s: {use: half_broken}\n  h: {use: hear}\n", half_broken, hear)).run()
    assert HEARD["heard"] == [1, "end good", "end bad", "closed"]


def test_what_an_operator_schedules_is_not_held_back_until_the_source_ends(flow_of: FlowOf) -> None:
    alive: list[int] = []

    @operator
    def doubled(audio: Observable[Audio]) -> Observable[Audio]:
        """Give each block twice, through Rx's own current-thread scheduler."""
        return audio.pipe(ops.flat_map(lambda a: reactivex.of(a, a)))

    @operator
    def counting() -> Observable[Audio]:
        """Give blocks, noting how many have been heard before each."""

        def blocks() -> Any:
            for i in range(3):
                alive.append(len(HEARD["heard"]))
                yield audio("s", i, last=i == 2)

        return produce(blocks)

    flow = flow_of("steps:\n  s: {use: counting}\n  d: {use: doubled}\n  h: {use: hear}\n", counting, doubled, hear)
    Engine(flow, threads=False).run()
    assert alive == [0, 2, 4]


@operator(first=("before",))
def in_turn(items: Observable[Audio], before: Observable[Audio] | None = None) -> Observable[Audio]:
    """Give what comes to both ports, as it comes."""
    if before is None:
        return items

    def subscribe(observer: Any, scheduler: Any = None) -> Any:
        return CompositeDisposable(before.subscribe(observer.on_next), items.subscribe(observer))

    return reactivex.create(subscribe)


IN_TURN = """
steps:
  late: {use: numbers, count: 2, stream: late}
  early: {use: numbers, count: 40, stream: early}
  scaled: {use: times_ten, queue: {size: 1}}
  both: {use: in_turn, from: {items: late, before: scaled}}
  heard: {use: hear}
"""


@pytest.mark.parametrize("threads", [True, False])
def test_a_port_that_comes_first_is_complete_before_the_others_begin(flow_of: FlowOf, threads: bool) -> None:
    Engine(flow_of(IN_TURN, numbers, times_ten, in_turn, hear), threads=threads).run()
    values = [value for value in HEARD["heard"] if not isinstance(value, str)]
    assert values == [10.0 * n for n in range(40)] + [0.0, 1.0]


def test_a_failure_before_the_first_port_is_complete_ends_the_flow(flow_of: FlowOf) -> None:
    @operator
    def breaks(audio: Observable[Audio]) -> Observable[Audio]:
        """Fail."""
        return each(audio, lambda a: a.no_such_thing)  # type: ignore[attr-defined]

    flow = flow_of(IN_TURN.replace("times_ten", "breaks"), numbers, breaks, in_turn, hear)
    with pytest.raises(StepError, match="scaled"):
        Engine(flow).run()


def test_a_port_may_be_left_open_where_it_is_optional(flow_of: FlowOf) -> None:
    text = "steps: {late: {use: numbers}, both: {use: in_turn}, heard: {use: hear}}"
    Engine(flow_of(text, numbers, in_turn, hear)).run()
    assert HEARD["heard"] == [0.0, 1.0, 2.0, "end s", "closed"]
