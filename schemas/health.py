"""How it goes with a run and its steps: what an operator, a web page or a supervisor may look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args

State = Literal[
    "starting", "listening", "paused", "missing", "stalled", "silent", "lost", "ended", "failing", "working"
]
STATES: tuple[State, ...] = get_args(State)
WELL: frozenset[State] = frozenset({"listening", "working"})


@dataclass(slots=True)
class Stats:
    """What a step has done so far.

    audio_s: seconds of audio that a source gave. gaps: how often samples were lost in its streams, lost_samples and
    lost_s: how many, and how long they would have lasted.
    """

    items_in: int = 0
    items_out: int = 0
    dropped: int = 0
    errors: int = 0
    audio_s: float = 0.0
    examples: int = 0
    streams: int = 0
    gaps: int = 0
    lost_samples: int = 0
    lost_s: float = 0.0


@dataclass(slots=True)
class Delivery:
    """What became of the events that a step sends to a receiver.

    waiting, waiting_bytes: in its outbox, also of earlier runs. sent: taken by the receiver, in this run.
    dropped: too old, too many, or more than memory holds while the disk takes nothing, in this run.
    dead: in the outbox, but refused by the receiver.
    """

    waiting: int = 0
    waiting_bytes: int = 0
    sent: int = 0
    dropped: int = 0
    dead: int = 0


@dataclass(frozen=True, slots=True)
class StepState:
    """What a step told last of what it depends on: in a word, in a sentence, and since when (UTC)."""

    name: State
    message: str
    since: datetime


@dataclass(frozen=True, slots=True)
class StepHealth:
    """How it goes with one step, its copies taken together.

    live: it is a source that listens. waiting: items in its queue, of queue_size; None where it has none.
    state: where it depends on something outside and has told of it; that of a live source is never None.
    streams: of a source, those that are under way.
    busy_s: for how long it has been at one item, or a live source has not turned its loop; 0 while it waits.
    delivery: where it sends events.
    """

    stats: Stats
    live: bool = False
    waiting: int = 0
    queue_size: int | None = None
    state: StepState | None = None
    busy_s: float = 0.0
    delivery: Delivery | None = None
    streams: tuple[str, ...] = ()

    @property
    def listening(self) -> bool:
        """Whether sound comes; true of all that is no live source."""
        return not self.live or (self.state is not None and self.state.name in WELL)


@dataclass(frozen=True, slots=True)
class Health:
    """A run at one moment. started: all its steps are built. stopping: it has been asked to end, or is at its end.

    ended: it has done all there was to do, and what is left of it waits to be asked to stop.
    progress: of the steps at a long work how much is done, 0 to 1, and what to show beside it.
    """

    flow: str
    steps: Mapping[str, StepHealth] = field(default_factory=dict)
    started: bool = True
    stopping: bool = False
    ended: bool = False
    progress: Mapping[str, tuple[float, str]] = field(default_factory=dict)

    @property
    def ready(self) -> bool:
        """Whether it does what it is there for: it has started, and every live source listens."""
        return self.started and not self.stopping and all(step.listening for step in self.steps.values())

    def stuck(self, limit_s: float) -> dict[str, float]:
        """Return the steps that have been busy with one thing for longer than *limit_s*, and for how long, s.

        >>> Health("f", {"a": StepHealth(Stats(), busy_s=61.0), "b": StepHealth(Stats(), busy_s=0.2)}).stuck(60)
        {'a': 61.0}
        """
        return {name: step.busy_s for name, step in self.steps.items() if step.busy_s > limit_s}
