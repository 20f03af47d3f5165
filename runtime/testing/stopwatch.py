"""Whose time it is: at each moment one step works, and its readers' time is not its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import Any

from reactivex import Observable, abc, create

from flowrun.runtime.language.flow import Step

ENGINE = ""  # whose time it is between the steps


class Stopwatch:
    """Adds up the seconds of each owner in each *piece* of the sound; for one thread.

    Args:
        clock: Seconds, from anywhere.
    """

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        self.spent: dict[tuple[int, str | None], float] = defaultdict(float)
        self.piece = 0
        self._clock = clock
        self._owner: str | None = None
        self._since = clock()

    def switch(self, owner: str | None) -> str | None:
        """Let the time be *owner*'s from now on, None for nobody's; return whose it was."""
        now = self._clock()
        self.spent[self.piece, self._owner] += now - self._since
        before, self._owner, self._since = self._owner, owner, now
        return before


def timed(step: Step, watch: Stopwatch) -> Step:
    """Return *step* with an operator whose time is taken: from each item that it gets, without what it passes on."""
    given = step.spec.build

    def build(**options: Any) -> Any:
        ports = {name: options[name] for name in step.spec.inputs if options.get(name) is not None}
        outputs = given(**options | {name: _owned(source, watch, step.name) for name, source in ports.items()})
        if isinstance(outputs, Observable):
            return _owned(outputs, watch, ENGINE)
        return outputs and tuple(_owned(output, watch, ENGINE) for output in outputs)

    return replace(step, spec=replace(step.spec, build=build))


def _owned(source: Observable[Any], watch: Stopwatch, owner: str) -> Observable[Any]:
    """Return *source*; what its reader does is on the time of *owner*."""

    def subscribe(observer: abc.ObserverBase[Any], scheduler: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        def on_time(call: Callable[..., None], *item: Any) -> None:
            before = watch.switch(owner)
            try:
                call(*item)
            finally:
                watch.switch(before)

        calls = (partial(on_time, call) for call in (observer.on_next, observer.on_error, observer.on_completed))
        return source.subscribe(*calls, scheduler=scheduler)

    return create(subscribe)


def per_second(spent: Mapping[tuple[int, str | None], float], owner: str, pieces: Mapping[int, float]) -> float:
    """Return the seconds that *owner* takes for a second of sound, the median over *pieces* and their lengths, s.

    >>> per_second({(0, "net"): 0.2, (1, "net"): 0.9, (2, "net"): 0.3}, "net", {0: 1.0, 1: 1.0, 2: 1.0})
    0.3
    """
    from statistics import median

    return median(spent.get((piece, owner), 0.0) / seconds for piece, seconds in pieces.items())
