"""What each step of a flow costs on this machine, against real time.

The flow runs on one thread, in virtual time, with a sound in the place of its sources. Nothing leaves the machine:
sinks write nothing and those that pass their events on do only that; they are not measured, nor is what trains.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from math import ceil
from pathlib import Path
from time import perf_counter
from typing import Any

import reactivex
from reactivex import Observable

from flowrun.runtime.language.flow import Flow, Step
from flowrun.runtime.running.engine import Engine
from flowrun.runtime.testing.bench_sound import looped, sound_of
from flowrun.runtime.testing.stopwatch import ENGINE, Stopwatch, per_second, timed
from flowrun.schemas.errors import FlowrunError
from flowrun.schemas.kernel import produce
from flowrun.schemas.ports import Audio, StreamEnd

WARM_UP_S = 2.0
TRAINING = "training"  # the group of what works when a set is complete, and writes
BLOCK_S = 1.0  # where a source does not say


@dataclass(frozen=True, slots=True)
class Bench:
    """What was measured: for each step, and for flowrun itself, the seconds that a second of sound takes.

    block_s: length of a block. seconds: how much sound was measured, without the warm-up. memory_bytes: the most that
    the whole process has had in memory, None where the system does not tell.
    """

    steps: Mapping[str, float]
    engine: float
    block_s: float
    seconds: float
    memory_bytes: int | None

    @property
    def total(self) -> float:
        """The real-time factor of the whole: under 1 one core is enough."""
        return sum(self.steps.values()) + self.engine


def measure(
    flow: Flow, file: Path | None, source: str | None, seconds: float, clock: Callable[[], float] = perf_counter
) -> Bench:
    """Play *file*, else sounds of ours, into the step *source*, else into every source of audio, and take the time.

    Raises:
        FlowrunError: there is no such source, or the file is no audio.
    """
    played = _sources(flow, source)
    watch = Stopwatch(clock)
    block_s = max(float(flow.steps[name].config.get("block_s") or BLOCK_S) for name in played)
    warm_up, per_piece = ceil(WARM_UP_S / block_s), max(1, round(1 / block_s))
    pieces = max(1, round(seconds / (per_piece * block_s)))
    count = warm_up + pieces * per_piece

    def begins(number: int) -> None:
        watch.piece = (number - warm_up) // per_piece if number >= warm_up else -1

    steps: dict[str, Step] = {}
    cost: dict[str, float] = {}
    for name, step in flow.steps.items():
        if name in played:
            sound = sound_of(file, step.info.rate_hz)
            steps[name] = _playing(step, partial(_off_the_clock, watch, looped(*sound, name, block_s, count, begins)))
        elif step.spec.is_source or step.spec.keeps or step.spec.group == TRAINING:
            steps[name] = _harmless(step)
        else:
            steps[name], cost[name] = timed(step, watch), 0.0
    Engine(replace(flow, steps=steps), threads=False).run()
    watch.switch(None)
    lengths = dict.fromkeys(range(pieces), per_piece * block_s)
    cost = {name: per_second(watch.spent, name, lengths) for name in cost}
    engine = per_second(watch.spent, ENGINE, lengths)
    return Bench(cost, engine, block_s, sum(lengths.values()), _peak_bytes())


def _sources(flow: Flow, source: str | None) -> list[str]:
    known = [s.name for s in flow.steps.values() if s.spec.is_source and Audio in s.spec.outputs.values()]
    if source is None and known:
        return known
    if source not in known:
        what = f"{source!r} is no source of audio" if source else "no source of audio, so nothing to play into"
        raise FlowrunError(f"{flow.path}: {what}; its sources of audio: {', '.join(known) or 'none'}")
    return [source]


def _off_the_clock(watch: Stopwatch, blocks: Iterator[Audio]) -> Iterator[Audio]:
    """Yield *blocks*; making them is on nobody's time."""
    for block in blocks:
        watch.switch(ENGINE)
        yield block
        watch.switch(None)


def _playing(step: Step, blocks: Callable[[], Iterator[Audio]]) -> Step:
    """Return *step* with a source of *blocks* in its place; its other outputs give nothing."""

    def build() -> Any:
        given = [produce(blocks) if kind is Audio else reactivex.empty() for kind in step.spec.outputs.values()]
        return given[0] if len(given) == 1 else tuple(given)

    return replace(step, spec=replace(step.spec, build=build, run_parameter=None), config={})


def _harmless(step: Step) -> Step:
    """Return *step* with something in its place that writes and trains nothing, and passes on what it also takes."""

    def build(**ports: Observable[Any] | None) -> Any:
        inputs = {port: source for port, source in ports.items() if source is not None}
        for source in inputs.values():
            source.subscribe(on_error=lambda error: None)  # the engine has the error already
        given = [
            next((source for port, source in inputs.items() if kind in step.spec.inputs[port]), reactivex.empty())
            for kind in step.spec.outputs.values()
        ]
        return tuple(given) if len(given) > 1 else given[0] if given else None

    inputs = {port: tuple(kind for kind in kinds if kind is not StreamEnd) for port, kinds in step.spec.inputs.items()}
    return replace(step, spec=replace(step.spec, inputs=inputs, build=build, run_parameter=None), config={})


def _peak_bytes() -> int | None:
    # Not `ru_maxrss`: Linux counts the memory of the program that started this one into it.
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if os.access(status, os.R_OK) else []
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), None)
