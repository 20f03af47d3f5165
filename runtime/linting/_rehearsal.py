"""What steps that decide make of the best that they could be given: the real operators, on ideal scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from typing import TYPE_CHECKING, Any

import reactivex
from reactivex import Observable
from reactivex.subject import Subject

from flowrun.runtime.language.flow import Flow, Step
from flowrun.runtime.linting._configuration import numbers, representative, texts
from flowrun.schemas.late import np
from flowrun.schemas.ports import Hits, Scores, Windows
from flowrun.schemas.run import Alone

if TYPE_CHECKING:
    from numpy.typing import NDArray

DECIDING = "detection"  # the group of the operators that are safe to run: they only decide
BEGAN_AT = datetime(2026, 1, 1, tzinfo=UTC)
MOST = 1_000_000  # windows times labels: what takes a second or two
Sound = Mapping[str, tuple[float, float]]  # the score of each class in its first window, and then


def played(flow: Flow, target: str, given: Mapping[str, Observable[Any]]) -> Observable[Any]:
    """Return what the step *target* makes of what the steps in *given* give."""
    if target in given:
        return given[target]
    step = flow.steps[target]
    ports: dict[str, Any] = {}
    for port, upstreams in step.inputs.items():
        found = [played(flow, above, given) for above, _ in upstreams]
        ports[port] = found[0] if len(found) == 1 else reactivex.merge(*found)
    run = {step.spec.run_parameter: Alone(target)} if step.spec.run_parameter else {}
    items: Observable[Any] = step.spec.build(**ports, **run, **step.config)
    return items


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The steps from scores to a step that decides, and what to play into them.

    steps: the steps that decide, in order, the last one included. feeds: those that give the scores. labels: the
    classes that the flow names, what is a kind of them, and one that stands for all others. levels: the scores that it
    names. windows: how many are long enough for everything that these steps wait for.
    """

    flow: Flow
    steps: tuple[str, ...]
    feeds: tuple[str, ...]
    labels: tuple[str, ...]
    levels: tuple[float, ...]
    window_s: float
    hop_s: float
    windows: int

    @property
    def second_s(self) -> float:
        """Where the sound begins again, s: it comes, silence, it comes again, silence again, all of one length."""
        return 2 * self.windows * self.hop_s

    def silent_at(self, start_s: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Return which windows are silent."""
        silent: NDArray[np.bool_] = np.rint(start_s / self.hop_s).astype(int) // self.windows % 2 == 1
        return silent

    def play(self, sound: Sound, target: str, *, last: bool = False) -> list[Any]:
        """Return what *target* gives of *sound*, all others silent; *last*: the stream ends with it."""
        starts = self.hop_s * np.arange(4 * self.windows)
        values = np.zeros((len(starts), len(self.labels)), np.float32)
        for label, (first, then) in sound.items():
            column = self.labels.index(label)
            values[~self.silent_at(starts), column] = then
            values[:: 2 * self.windows, column] = first
        heard: list[Any] = []
        feeds: dict[str, Subject[Scores]] = {name: Subject() for name in self.feeds}
        subscription = played(self.flow, target, feeds).subscribe(heard.append)
        for name, feed in feeds.items():
            at = Windows(name, starts, self.window_s, self.hop_s, BEGAN_AT if self.flow.live else None, last=last)
            feed.on_next(Scores(at, values, self.labels, (0.5,) * len(self.labels)))
        subscription.dispose()
        return heard

    def active(self, sound: Sound, target: str, *, silent: bool) -> set[str]:
        """Return the labels that *target* gives a hit of, in *sound* or in the *silent* windows."""
        return {
            label
            for item in self.play(sound, target)
            if isinstance(item, Hits)
            for i, label in enumerate(item.labels)
            if item.active[self.silent_at(item.at.start_s) == silent, i].any()
        }


def rehearsal(flow: Flow, step: Step) -> Rehearsal | None:
    """Return the rehearsal of a step that decides on hits; None where too little is known or it would take too long."""
    chain, feeds = set[str](), set[str]()
    waiting = [step.name]
    while waiting:
        at = flow.steps[waiting.pop()]
        if at.spec.group == DECIDING and len(at.spec.outputs) == 1:
            chain.add(at.name)
            waiting += [above for ups in at.inputs.values() for above, _ in ups]
        elif Scores in at.spec.outputs.values():
            feeds.add(at.name)
        else:
            return None
    infos = [flow.steps[name].info for name in feeds]
    facts = {(info.window_s, info.hop_s, info.labels) for info in infos}
    if len(facts) != 1:
        return None
    ((window_s, hop_s, labels),) = facts
    if not (window_s and hop_s and labels):
        return None
    configs = [flow.steps[name].config for name in chain]
    wait_s = sum(
        max(map(float, numbers(value)), default=0.0) for c in configs for k, value in c.items() if k[-2:] == "_s"
    )
    plain = [n for c in configs for key, value in c.items() if key[-2:] != "_s" for n in numbers(value)]
    windows = ceil((wait_s + window_s) / hop_s) + int(sum(n for n in plain if n > 1)) + 2
    known = representative(labels, [text for c in configs for text in texts(c)])
    watched = min(len(known), len(step.info.labels or known))
    if 4 * windows * watched > MOST:
        return None
    order = tuple(name for name in flow.steps if name in chain)
    levels = tuple(sorted({n for n in plain if n <= 1}))
    return Rehearsal(flow, order, tuple(sorted(feeds)), known, levels, window_s, hop_s, windows)
