"""What is replayed is what was recorded, block by block; what is lacking is a gap, and told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowrun.runtime.language.flow import Flow
from flowrun.runtime.recording.comparison import Comparison
from flowrun.schemas.errors import FlowrunError
from flowrun.schemas.ports import Audio, Failed

FlowWith = Callable[..., Flow]
Record = Callable[..., Path]
Replay = Callable[..., Comparison]
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def counts(found: Comparison) -> dict[str, tuple[int, int, int, int]]:
    """Return how many events of each step are the same, gone, new and changed."""
    steps = found.steps.items()
    return {name: (step.same, len(step.gone), len(step.new), len(step.changed)) for name, step in steps}


@st.composite
def streams(draw: st.DrawFn, source: str) -> list[Audio | Failed]:
    """What a source may give: streams one after the other or mixed, cut anyhow, with gaps, with and without an end."""
    waiting: list[list[Audio | Failed]] = []
    for number in range(draw(st.integers(0, 3))):
        rate_hz, at, name = draw(st.sampled_from([8000, 44100])), draw(st.integers(0, 9)), f"{source} {number} \x1bé"
        blocks: list[Audio | Failed] = []
        for i in range(draw(st.integers(1, 6))):
            gap = draw(st.booleans()) if i else False
            at += draw(st.integers(1, 10**9)) if gap else 0
            count = draw(st.integers(0, 50))
            seed = np.random.default_rng(draw(st.integers(0, 9)))
            samples = seed.standard_normal(count) if draw(st.booleans()) else seed.integers(-9, 9, count) / 2**15
            told = draw(st.none() | st.just(NOON + timedelta(seconds=at / rate_hz)))
            blocks.append(Audio(samples.astype(np.float32), rate_hz, name, at, told, gap))
            at += count
        ending = draw(st.sampled_from(["last", "fails", "stops"]))
        if ending == "last":
            blocks.append(Audio(np.zeros(0, np.float32), rate_hz, name, at, last=True))
        elif ending == "fails":
            blocks.append(Failed(name, ValueError("no more of it"), ends_stream=True))
        waiting.append(blocks)
    order = draw(st.permutations([i for i, blocks in enumerate(waiting) for _ in blocks]))
    return [waiting[i].pop(0) for i in order]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(a=streams("a"), b=streams("b"))
def test_the_flow_that_was_recorded_tells_the_same_again(
    flow_with: FlowWith, record: Record, replay: Replay, a: list[Any], b: list[Any]
) -> None:
    folder = record(flow_with(), a=a, b=b)
    if not a and not b:
        assert not folder.exists()
        return
    found = replay(folder)
    heard = [sum(isinstance(item, Audio) for item in items) for items in (a, b)]
    assert counts(found) == {"all": (sum(heard), 0, 0, 0), "more": (heard[0], 0, 0, 0)}
    assert found.notes == []


def blocks(stream: str, count: int, *, size: int = 101, end: bool = True) -> list[Audio]:
    samples = np.linspace(-1, 1, count * size, dtype=np.float32)
    return [
        Audio(samples[i * size : (i + 1) * size], 16000, stream, i * size, NOON, last=end and i == count - 1)
        for i in range(count)
    ]


def test_a_changed_flow_tells_other_events(flow_with: FlowWith, record: Record, replay: Replay) -> None:
    folder = record(flow_with(), a=blocks("a", 4), b=[])
    changed = flow_with("more: {use: seen", "other: {use: every_second")
    assert counts(replay(folder, changed)) == {"all": (4, 0, 0, 0), "more": (0, 4, 0, 0), "other": (0, 0, 2, 0)}


def test_a_source_without_a_recording_is_named_unless_no_event_depends_on_it(
    flow_with: FlowWith, record: Record, replay: Replay
) -> None:
    folder = record(flow_with(), a=blocks("a", 1), b=[])
    flow = flow_with("  all:", "  c: {use: given_blocks, name: c}\n  all:")
    assert counts(replay(folder, flow))["all"] == (1, 0, 0, 0)
    flow = flow_with("more: {use: seen, from: a}", "c: {use: given_blocks, name: c}\n  more: {use: seen, from: c}")
    with pytest.raises(FlowrunError, match="source 'c' has no recording; known: a, b"):
        replay(folder, flow)


def test_a_flow_without_events_is_refused(flow_with: FlowWith, record: Record, replay: Replay) -> None:
    folder = record(flow_with(), a=blocks("a", 1), b=[])
    flow = flow_with("  all: {use: seen, from: [a, b]}\n  more: {use: seen, from: a}", "  level: {use: level, from: a}")
    with pytest.raises(FlowrunError, match="no step gives events"):
        replay(folder, flow)
