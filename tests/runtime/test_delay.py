"""How long an event takes at the latest: what is told holds in the real flow, and is not much too long.

The flow runs in virtual time: it is as late as the end of the block that is being played.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from reactivex import Observable

from flowrun.operators.audio.augment import augment
from flowrun.operators.audio.mix import mix
from flowrun.operators.inference.pool import pool
from flowrun.runtime import discovery
from flowrun.runtime.language.flow import Flow
from flowrun.runtime.running.engine import Engine
from flowrun.schemas.delay import Delay
from flowrun.schemas.kernel import Sink, each, produce, write_to
from flowrun.schemas.ports import Audio, Event, Patches, Scores
from flowrun.schemas.spec import operator, spec_of
from flowrun.schemas.stream_info import StreamInfo

FlowOf = Callable[..., Flow]
PLAYED_S = 16.0
FLOW = """
steps:
  mic:     {{use: pipe, rate_hz: {rate_hz}, block_s: {block_s}}}
  audio:   {{use: resample}}
  patches: {{use: log_mel, hop_s: {hop_s}}}
  scores:  {{use: ear, begin_s: {begin_s}, end_s: {end_s}, whole: {whole}}}
  hits:    {{use: threshold, labels: {{Sound: 0.5}}}}
  alerts:  {{use: debounce, {debounce}}}
  clips:   {{use: clip_archiver, from: {{audio: {clipped}, events: alerts}}, folder: {folder}, {clip}}}
  gate:    {{use: privacy_gate, from: {{audio: audio, scores: scores}}, labels: [Sound], before_s: {before_s}}}
  told:    {{use: arrivals, from: alerts}}
  kept:    {{use: arrivals, from: clips}}
  passed:  {{use: passages, from: gate}}
"""
USUAL = {
    "rate_hz": 16000,
    "block_s": 0.24,
    "hop_s": 0.24,
    "begin_s": 3.0,
    "end_s": 9.0,
    "whole": "true",
    "debounce": "emit: start",
    "clipped": "audio",
    "clip": "after_s: 2, overlap: split",
    "before_s": 1.0,
}


@dataclass
class Played:
    """When it is, s, and when what came."""

    now_s: float = 0.0
    events: dict[str, list[float]] = field(default_factory=lambda: {"told": [], "kept": []})
    passages: list[float] = field(default_factory=list)  # how late each block came out of the gate


def ear_info(*, patches: StreamInfo, **_: object) -> StreamInfo:
    return replace(patches, labels=("Sound",))


@operator(info=ear_info)
def ear(patches: Observable[Patches], *, begin_s: float, end_s: float, whole: bool) -> Observable[Scores]:
    """Hear a sound.

    Args:
        begin_s: Where it begins.
        end_s: Where it ends.
        whole: Whether in the windows that lie in it, or in all that touch it.
    """

    def kernel(item: Patches) -> Scores:
        starts, ends = item.at.start_s, item.at.start_s + item.at.window_s
        inside = (starts >= begin_s - 1e-9) & (ends <= end_s + 1e-9)
        heard = inside if whole else (starts < end_s - 1e-9) & (ends > begin_s + 1e-9)
        return Scores(item.at, heard[:, None].astype(np.float32), ("Sound",))

    return each(patches, kernel)


@operator
def arrivals(events: Observable[Event]) -> Sink:
    """Receive events."""
    return write_to(events, lambda: pytest.fail("not to be built"))


@operator
def passages(audio: Observable[Audio]) -> Sink:
    """Receive audio."""
    return write_to(audio, lambda: pytest.fail("not to be built"))


def silence(played: Played, rate_hz: int, block_s: float) -> Iterator[Audio]:
    size = round(block_s * rate_hz)
    for start in range(0, round(PLAYED_S * rate_hz), size):  # without an end, which would make everything come at once
        played.now_s = (start + size) / rate_hz
        yield Audio(np.zeros(size, np.float32), rate_hz, "pipe", start)
    played.now_s = np.inf


def play(flow_of: FlowOf, folder: Path, **options: Any) -> tuple[Flow, Played]:
    """Play silence into the flow; its ear hears a sound in it."""
    settings = {**USUAL, **options}
    flow = flow_of(FLOW.format(folder=folder, **settings), ear, arrivals, passages)
    played = Played()

    def note(name: str) -> Callable[..., Any]:
        def listen(events: Observable[Event]) -> None:
            events.subscribe(lambda _: played.events[name].append(played.now_s))

        return listen

    def leave(audio: Observable[Audio]) -> None:
        audio.subscribe(lambda block: played.passages.append(played.now_s - block.start_s))

    source = partial(produce, partial(silence, played, settings["rate_hz"], settings["block_s"]))
    builds: dict[str, Callable[..., Any]] = {
        "mic": lambda **_: source(),
        "told": note("told"),
        "kept": note("kept"),
        "passed": leave,
    }
    steps = {
        name: replace(step, spec=replace(step.spec, build=builds.get(name, step.spec.build)))
        for name, step in flow.steps.items()
    }
    Engine(replace(flow, steps=steps), threads=False).run()
    return flow, played


def told_s(flow: Flow, step: str) -> float:
    delay = flow.steps[step].info.delay
    assert delay is not None
    return delay.total_s


KEPT = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
BLOCKS = st.sampled_from([0.02, 0.1, 0.24, 0.5, 1.0])
HOPS = st.sampled_from([0.12, 0.24, 0.48, 0.96, 1.2])
PHASES = st.floats(1.5, 2.7)


@KEPT
@given(BLOCKS, HOPS, PHASES, st.integers(1, 4))
def test_an_event_that_is_told_at_its_start(
    flow_of: FlowOf, tmp_path: Path, block_s: float, hop_s: float, begin_s: float, min_hits: int
) -> None:
    """A sound that every window in it hears is told within what is told, and within a hop and a block of it."""
    debounce = f"emit: start, hold_s: 3, min_hits: {min_hits}"
    flow, played = play(
        flow_of, tmp_path, block_s=block_s, hop_s=hop_s, begin_s=begin_s, end_s=begin_s + 6.5, debounce=debounce
    )
    took_s = played.events["told"][0] - begin_s
    assert told_s(flow, "alerts") - hop_s - block_s - 1e-6 <= took_s <= told_s(flow, "alerts") + 1e-6
    took_s = played.events["kept"][0] - begin_s
    assert told_s(flow, "clips") - hop_s - block_s - 1e-6 <= took_s <= told_s(flow, "clips") + 1e-6


@KEPT
@given(BLOCKS, HOPS, PHASES, st.sampled_from([0.0, 0.5, 1.2, 3.1]))
def test_an_event_that_is_told_at_its_end(
    flow_of: FlowOf, tmp_path: Path, block_s: float, hop_s: float, end_s: float, hold_s: float
) -> None:
    """A sound that windows hear which only touch it counts as heard until the last of them is over."""
    assume(hop_s < 0.96 + hold_s)  # else each window is an event
    debounce = f"emit: end, hold_s: {hold_s}"
    options = {"block_s": block_s, "hop_s": hop_s, "begin_s": 0.5, "end_s": end_s, "whole": "false"}
    flow, played = play(flow_of, tmp_path, debounce=debounce, clip="after_s: 7, overlap: split", **options)
    took_s = played.events["told"][0] - end_s
    assert told_s(flow, "alerts") - hop_s - block_s - 1e-6 <= took_s <= told_s(flow, "alerts") + 1e-6
    took_s = played.events["kept"][0] - end_s
    assert told_s(flow, "clips") - hop_s - block_s - 1e-6 <= took_s <= told_s(flow, "clips") + 1e-6


@KEPT
@given(BLOCKS, HOPS, st.sampled_from([0.0, 0.3, 1.0, 2.5]))
def test_what_a_privacy_gate_lets_through(
    flow_of: FlowOf, tmp_path: Path, block_s: float, hop_s: float, before_s: float
) -> None:
    flow, played = play(flow_of, tmp_path, block_s=block_s, hop_s=hop_s, before_s=before_s, end_s=3.5)
    latest_s = max(late for late in played.passages if late < PLAYED_S)
    assert told_s(flow, "gate") - hop_s - block_s - 1e-6 <= latest_s <= told_s(flow, "gate") + 1e-6


@KEPT
@given(BLOCKS, PHASES, st.sampled_from([0, 0.3, 2.5]), st.sampled_from(["audio", "gate"]), st.booleans())
def test_a_clip_of_any_length_of_any_audio(
    flow_of: FlowOf, tmp_path: Path, block_s: float, begin_s: float, after_s: float, clipped: str, start: bool
) -> None:
    """Where little or nothing comes after the event, the clip waits for the next block of its audio."""
    options = {"block_s": block_s, "begin_s": begin_s, "end_s": begin_s + 2, "clipped": clipped}
    clip = f"after_s: {after_s}, max_s: 8, overlap: share"
    debounce = f"emit: {'start' if start else 'end'}"
    flow, played = play(flow_of, tmp_path, clip=clip, debounce=debounce, **options)
    since_s = begin_s if start else begin_s + 2
    assert played.events["kept"][0] - since_s <= told_s(flow, "clips") + 1e-6


@pytest.mark.parametrize("rate_hz", [8000, 22050, 44100, 48000])
def test_the_filter_of_a_resampler(flow_of: FlowOf, tmp_path: Path, rate_hz: int) -> None:
    flow, played = play(flow_of, tmp_path, rate_hz=rate_hz, block_s=0.1)
    filter_s = dict(flow.steps["audio"].info.delay.parts)["filter"]  # type: ignore[union-attr]
    took_s = played.events["told"][0] - USUAL["begin_s"]  # type: ignore[operator]
    assert told_s(flow, "alerts") - filter_s - 0.24 - 0.1 <= took_s <= told_s(flow, "alerts") + 1e-6


def test_every_live_source_tells_how_long_its_blocks_are() -> None:
    """Without it nobody is told how long an event takes."""
    for spec in discovery.specs():
        if spec.is_source and spec.live:
            rules = spec.parameters["properties"]
            options = {name: rule.get("default") for name, rule in rules.items()} | {"block_s": 0.3}
            options |= {name: "rtsp://127.0.0.1/a" for name in spec.parameters["required"]}
            known = spec.info(**options).delay
            assert known is not None, spec.name
            assert known.total_s == pytest.approx(0.3), spec.name


def test_a_recording_has_no_delay(flow_of: FlowOf) -> None:
    text = "steps: {a: {use: synthetic_sounds, count: 1}, b: {use: recognise}, c: {use: threshold, labels: 0.5}}"
    flow = flow_of(text.replace("}}", "}, d: {use: debounce}}"))
    assert flow.steps["d"].info.delay is None


def test_of_two_microphones_the_slower_one_counts(flow_of: FlowOf) -> None:
    sources = "a: {use: pipe, block_s: 0.1}, b: {use: microphone, block_s: 2}"
    flow = flow_of(f"steps: {{{sources}, c: {{use: resample, from: [a, b]}}}}")
    assert told_s(flow, "c") == 2


@pytest.mark.parametrize("operator", [pool, mix, augment])
def test_what_waits_for_the_end_of_a_stream_has_no_limit(operator: Callable[..., Any]) -> None:
    spec = spec_of(operator)
    options = {name: rule.get("default") for name, rule in spec.parameters["properties"].items()}
    known = {port: StreamInfo(window_s=1.0, hop_s=0.5, delay=Delay.of_blocks(0.24)) for port in spec.inputs}
    assert spec.info(**known, **options).delay.total_s == np.inf  # type: ignore[union-attr]
    assert spec.info(**dict.fromkeys(known, StreamInfo()), **options).delay is None
