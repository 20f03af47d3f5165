"""Sources that give what a test says, and a step whose events tell all that it has seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2s
from itertools import count
from pathlib import Path

import pytest
from reactivex import Observable

from flowrun.runtime.language.flow import Flow
from flowrun.runtime.recording.comparison import Comparison, compared, recorded_flow
from flowrun.runtime.recording.recording import Recording
from flowrun.runtime.recording.session import Session
from flowrun.runtime.running.engine import Engine
from flowrun.schemas.kernel import per_stream, produce
from flowrun.schemas.ports import Audio, Event, Failed
from flowrun.schemas.spec import operator

PLAYED: dict[str, Sequence[Audio | Failed]] = {}


@operator
def given_blocks(*, name: str) -> Observable[Audio]:
    """Give what the test says.

    Args:
        name: Which of it.
    """
    return produce(lambda: iter(PLAYED[name]))


class _Seen:
    """Gives an event for each block: its label tells all there is in it, and how many came before."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, block: Audio) -> list[Event]:
        self.count += 1
        facts = (block.samples.tobytes(), block.rate_hz, block.captured_at, block.gap, block.last, self.count)
        label = blake2s(repr(facts).encode(), digest_size=8).hexdigest()
        return [Event("", block.stream, label, 1.0, block.start_s, block.start_s + 1.0)]


@operator
def seen(audio: Observable[Audio]) -> Observable[Event]:
    """Tell what came."""
    return per_stream(audio, _Seen)


@operator
def every_second(audio: Observable[Audio]) -> Observable[Event]:
    """Tell of every second block only."""
    return per_stream(audio, lambda: lambda block: _Seen()(block) if block.start_sample % 2 else [])


FLOW = """
steps:
  a: {use: given_blocks, name: a, on_error: skip}
  b: {use: given_blocks, name: b, on_error: skip}
  all: {use: seen, from: [a, b]}
  more: {use: seen, from: a}
"""


@pytest.fixture
def flow_with(flow_of: Callable[..., Flow]) -> Callable[..., Flow]:
    """A function that loads the flow, with one text in the place of another; its sources give what `record` is told."""
    return lambda old="", new="": flow_of(FLOW.replace(old, new) if old else FLOW, given_blocks, seen, every_second)


@pytest.fixture
def record(tmp_path: Path) -> Callable[..., Path]:
    """A function that runs a flow on what its sources are to give, and returns the folder of the recording."""
    numbers = count(1)

    def recorded(flow: Flow, **played: Sequence[Audio | Failed]) -> Path:
        PLAYED.update(played)
        folder = tmp_path / f"recording-{next(numbers)}"
        session = Session(flow, (), {}, folder)
        engine = Engine(session.flow)
        engine.run()
        session.end(engine, 10.0)
        return folder

    return recorded


@pytest.fixture
def replay() -> Callable[..., Comparison]:
    """A function that plays a recording into a flow, or into the one that was recorded."""

    def replayed(folder: Path, flow: Flow | None = None) -> Comparison:
        recording = Recording(folder)
        return compared(recording, flow or recorded_flow(recording, ()))

    return replayed
