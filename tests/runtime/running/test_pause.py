"""While a run is paused no sound of a live source goes anywhere; then it goes on after a gap that is no loss."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest
from reactivex import Observable

from flowrun.runtime.language.flow import Flow
from flowrun.runtime.recording.tap import tapped
from flowrun.runtime.running.engine import Engine
from flowrun.schemas.health import Health
from flowrun.schemas.kernel import Sink, produce, write_to
from flowrun.schemas.ports import Audio
from flowrun.schemas.run import Run
from flowrun.schemas.spec import operator

FlowOf = Callable[..., Flow]
SECOND = np.ones(16000, np.float32)
FLOW = "steps:\n  mic: {use: interrupted}\n  sink: {use: hears}\n"
HEALTH: list[Health] = []
HEARD: list[Audio] = []


@operator(live=True)
def interrupted(*, to_the_end: bool = False, lossy: bool = False, run: Run) -> Observable[Audio]:
    """Give five blocks, with a pause of which the third falls victim.

    Args:
        to_the_end: The pause does not end.
        lossy: The device loses something before the fifth.
    """

    def blocks() -> Iterator[Audio]:
        run.state("listening", "it listens")
        for i in range(5):
            if i == 2:
                run.control.pause("a test")
                run.state("silent", "so it is")
                HEALTH.append(run.health())
            elif i == 3 and not to_the_end:
                run.control.resume("a test")
                HEALTH.append(run.health())
            lost = 8000 if lossy and i == 4 else 0
            yield Audio(SECOND, 16000, "s", 16000 * i + lost, gap=lost > 0, last=i == 4)

    return produce(blocks)


@operator
def hears(audio: Observable[Audio]) -> Sink:
    """Keep what comes."""
    return write_to(audio, _Ear)


class _Ear:
    def write(self, item: Audio) -> None:
        HEARD.append(item)

    def close(self) -> None:
        pass

    def abort(self) -> None:
        pass


@pytest.fixture(autouse=True)
def _forget() -> None:
    HEALTH.clear()
    HEARD.clear()


def seen(blocks: list[Audio]) -> list[tuple[int, int, bool, bool]]:
    return [(block.start_sample // 16000, len(block.samples), block.gap, block.last) for block in blocks]


def test_what_is_heard_during_a_pause_goes_nowhere_and_leaves_a_gap(flow_of: FlowOf) -> None:
    engine = Engine(flow_of(FLOW, interrupted, hears))
    engine.run()
    assert seen(HEARD) == [
        (0, 16000, False, False),
        (1, 16000, False, False),
        (3, 16000, True, False),
        (4, 16000, False, True),
    ]
    stats = engine.stats()["mic"]
    assert (stats.audio_s, stats.gaps, stats.lost_samples) == (4.0, 0, 0)


def test_what_is_lost_apart_from_the_pause_is_still_counted(flow_of: FlowOf) -> None:
    engine = Engine(flow_of(FLOW.replace("interrupted", "interrupted, lossy: true"), interrupted, hears))
    engine.run()
    assert (engine.stats()["mic"].gaps, engine.stats()["mic"].lost_samples) == (1, 8000)


def test_a_stream_that_ends_during_a_pause_ends_without_what_was_heard(flow_of: FlowOf) -> None:
    engine = Engine(flow_of(FLOW.replace("interrupted", "interrupted, to_the_end: true"), interrupted, hears))
    engine.run()
    assert seen(HEARD)[2:] == [(4, 0, True, True)]
    assert engine.stats()["mic"].streams == 1


def test_the_state_is_paused_whatever_the_device_does_meanwhile(
    flow_of: FlowOf, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "flowrun.engine")
    Engine(flow_of(FLOW, interrupted, hears)).run()
    during, after = (health.steps["mic"].state for health in HEALTH)
    assert during
    assert (during.name, during.message, HEALTH[0].ready) == ("paused", "paused by a test", False)
    assert after
    assert after.name == "silent"
    assert [record.message for record in caplog.records if "a test" in record.message] == [
        "mic: paused by a test",
        "mic: resumed by a test",
    ]


def test_a_recording_has_nothing_of_a_pause_either(flow_of: FlowOf) -> None:
    recorded: list[Any] = []
    flow = flow_of(FLOW, interrupted, hears)
    Engine(tapped(flow, tell=lambda *_: None, hear=lambda _, item: recorded.append(item))).run()
    assert seen(recorded) == seen(HEARD)


class Both(NamedTuple):
    left: Observable[Audio]
    right: Observable[Audio]


@operator(live=True)
def two_ears(*, run: Run) -> Both:
    """Give two streams, during a pause."""
    run.control.pause("a test")
    return Both(*(produce(lambda: iter([Audio(SECOND, 16000, "s", last=True)])) for _ in range(2)))


def test_a_source_of_several_streams_is_paused_as_a_whole(flow_of: FlowOf) -> None:
    text = "steps:\n  mic: {use: two_ears}\n  sink: {use: hears, from: [mic.left, mic.right]}\n"
    Engine(flow_of(text, two_ears, hears)).run()
    assert [len(block.samples) for block in HEARD] == [0, 0]
