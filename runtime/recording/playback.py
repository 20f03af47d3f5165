"""A flow that hears a recording in the place of its sources, and writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import reactivex
from reactivex import Observable, abc, create
from reactivex.disposable import BooleanDisposable
from reactivex.scheduler import ImmediateScheduler

from flowrun.runtime.language.flow import Flow, Step
from flowrun.runtime.recording.manifest import Manifest
from flowrun.runtime.recording.tap import sources_of, tellers_of
from flowrun.schemas.errors import FlowrunError
from flowrun.schemas.ports import Audio, Event, Failed, StreamEnd
from flowrun.schemas.stream_info import nearest

Item = Audio | Failed


def replayed(flow: Flow, manifest: Manifest, items: Iterator[tuple[str, Item]]) -> Flow:
    """Return the part of *flow* that leads to events, with *items* coming from its sources.

    Raises:
        FlowrunError: a source was not recorded, or at another rate.
    """
    needed = leading_to(flow, tellers_of(flow))
    kept = [step for step in flow.steps.values() if step.name in needed]
    named = sources_of(flow)
    for step in kept:
        if step.spec.is_source:
            _check(flow, step, named.get(step.name, {}), manifest)
    playback = Playback(items, [name for step in kept for name in named.get(step.name, {}).values()])
    steps = {}
    for step in kept:
        if step.spec.is_source:
            step = _playing(step, named[step.name], playback)
        elif step.spec.keeps:
            step = _passing(step)
        steps[step.name] = step if step.dead_letters in needed else replace(step, dead_letters=None)
    return replace(flow, steps=steps)


def leading_to(flow: Flow, wanted: Iterable[str]) -> set[str]:
    """Return the names of the steps that lead to those *wanted*, these included."""
    needed = set(wanted)
    for step in reversed(list(flow.steps.values())):  # each stands after what it reads
        if step.name in needed or step.dead_letters in needed:
            needed |= {step.name, *(upstream.step for port in step.inputs.values() for upstream in port)}
    return needed


class Playback:
    """Gives the blocks of a recording to several sources in the order in which they came to them.

    It begins when all the sources with these *names* are listened to.
    """

    def __init__(self, items: Iterator[tuple[str, Item]], names: Iterable[str]) -> None:
        self._items = items
        self._awaited = set(names)
        self._heard: dict[str, tuple[abc.ObserverBase[Audio], BooleanDisposable]] = {}

    def of(self, name: str) -> Observable[Audio]:
        """Return what the source *name* gives."""

        def subscribe(
            observer: abc.ObserverBase[Audio], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            subscription = BooleanDisposable()
            self._heard[name] = observer, subscription
            if self._heard.keys() == self._awaited:
                (scheduler or ImmediateScheduler.singleton()).schedule(self._play)
            return subscription

        return create(subscribe)

    def _play(self, _scheduler: abc.SchedulerBase, _state: object = None) -> None:
        for name, item in self._items:
            observer, subscription = self._heard.get(name, (None, None))
            if observer and subscription and not subscription.is_disposed:
                observer.on_next(item)  # type: ignore[arg-type]  # a failure travels as a value
        for observer, _ in self._heard.values():
            observer.on_completed()


def _check(flow: Flow, step: Step, named: Mapping[str, str], manifest: Manifest) -> None:
    for name in named.values() or (step.name,):
        if name not in manifest.sources:
            raise FlowrunError(f"{flow.path}: source {name!r} has no recording; {nearest(name, manifest.sources)}")
        now, then = step.info.rate_hz, manifest.sources[name]
        if now and then and now != then:
            raise FlowrunError(f"{flow.path}: source {name!r} was recorded at {then} Hz, and gives {now} Hz here")


def _playing(step: Step, named: Mapping[str, str], playback: Playback) -> Step:
    def build(**_: Any) -> Any:
        outputs = [playback.of(named[output]) if output in named else reactivex.empty() for output in step.spec.outputs]
        return tuple(outputs) if len(outputs) > 1 else outputs[0]

    on_error = "skip" if step.on_error == "stop" else step.on_error  # that it failed is part of the recording
    spec = replace(step.spec, build=build, run_parameter=None, live=False)
    return replace(step, spec=spec, config={}, on_error=on_error)


def _passing(step: Step) -> Step:
    """Return a step that writes and passes its events on, such as `clip_archiver`, without the writing."""
    inputs = {port: tuple(kind for kind in takes if kind is not StreamEnd) for port, takes in step.spec.inputs.items()}
    port = next((port for port, takes in inputs.items() if takes == (Event,) and port in step.inputs), None)

    def build(**given: Any) -> Any:
        made = [given[port] if port and kind is Event else reactivex.empty() for kind in step.spec.outputs.values()]
        return tuple(made) if len(made) > 1 else made[0]

    return replace(step, spec=replace(step.spec, inputs=inputs, build=build, run_parameter=None), config={}, queue=None)
