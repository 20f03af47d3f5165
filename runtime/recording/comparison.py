"""Plays a recording into a flow, and compares."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from flowrun.runtime.language.flow import Flow
from flowrun.runtime.language.load import check
from flowrun.runtime.language.yaml_reader import read
from flowrun.runtime.recording import manifest
from flowrun.runtime.recording.difference import Difference, difference
from flowrun.runtime.recording.playback import replayed
from flowrun.runtime.recording.played import Played
from flowrun.runtime.recording.recording import Recording
from flowrun.runtime.recording.tap import tapped, tellers_of
from flowrun.runtime.running.engine import Engine
from flowrun.schemas.errors import FlowrunError
from flowrun.schemas.plain import plain
from flowrun.schemas.ports import Event


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a replay gave: by step, how its events differ; the notes tell what may be the cause beside the flow.

    audio_s, streams: how much was played.
    """

    steps: Mapping[str, Difference]
    notes: list[str]
    audio_s: float
    streams: int


def recorded_flow(recording: Recording, settings: Iterable[str]) -> Flow:
    """Return the flow that was recorded, with *settings* over those that it had then.

    Raises:
        FlowError: it has problems.
    """
    document = read(recording.folder / manifest.FLOW)
    document.data.pop("tests", None)  # their sounds lie beside the flow, which may be gone
    told = recording.manifest
    return check(document, Path(told.flow), [*told.settings, *settings], paths=False)


def compared(recording: Recording, flow: Flow) -> Comparison:
    """Play *recording* into *flow* and compare the events of each step.

    Raises:
        FlowrunError: the recording does not fit the flow, or a step failed.
    """
    names = [name for named in tellers_of(flow).values() for name in named.values()]
    if not names:
        raise FlowrunError(f"{flow.path}: no step gives events, so there is nothing to compare")
    after: dict[str, list[Mapping[str, Any]]] = {name: [] for name in names}

    def tell(name: str, item: object) -> None:
        if isinstance(item, Event):
            after[name].extend(plain(item))

    played = Played(recording)
    Engine(tapped(replayed(flow, recording.manifest, played.items()), tell=tell), threads=False).run()
    before = recording.events()
    steps = {name: difference(before.get(name, ()), after.get(name, ())) for name in {**before, **after}}
    return Comparison(steps, [*_notes(recording, played)], played.audio_s, played.streams)


def _notes(recording: Recording, played: Played) -> Iterator[str]:
    """Yield what the recording lacks, and what was otherwise when it was made."""
    told = recording.manifest
    if not told.ended:
        yield f"the recording was interrupted; it goes to {played.ends_s:.2f} s after its beginning"
    if recording.missing:
        yield f"pieces of the recording are missing: {ranges(recording.missing)}"
    blocks = max(played.lost_blocks, told.ended.lost_blocks if told.ended else 0)
    events = max(played.lost_events, told.ended.lost_events if told.ended else 0)
    if blocks or events:
        yield f"could not be recorded: {blocks} blocks, in whose place there is a gap, and {events} events"
    if played.damaged:
        yield f"lines of the recording that are damaged: {played.damaged}"
    for step, dropped in told.ended.dropped.items() if told.ended else ():
        yield f"step {step!r} was too slow when it was recorded, and dropped {dropped} items"
    if told.ended and told.ended.error:
        yield f"the flow failed when it was recorded: {told.ended.error}"
    for name, was_set in told.environment.items():
        if was_set != (name in os.environ):
            then, now = ("was", "is not") if was_set else ("was not", "is")
            yield f"the environment variable {name} {then} set when it was recorded, and {now} now"


def ranges(numbers: Iterable[int]) -> str:
    """Return rising *numbers* in short.

    >>> ranges([1, 2, 3, 7])
    '1-3, 7'
    """
    runs = [[number for _, number in run] for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0])]
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
