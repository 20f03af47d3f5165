"""Runs a flow on threads, supervises it, ends it.

Each source has a thread; each step with a queue has one; everything else runs on the thread of what it reads, which
is the back-pressure.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from graphlib import TopologicalSorter
from typing import Any

from reactivex import abc
from reactivex.scheduler import VirtualTimeScheduler

from flowrun.runtime.language.flow import Flow, Step
from flowrun.runtime.language.plan import plan
from flowrun.runtime.running.assembly import assemble
from flowrun.runtime.running.attention import Attention
from flowrun.runtime.running.node import Node
from flowrun.runtime.running.overview import steps, total
from flowrun.runtime.running.step_run import StepRun
from flowrun.runtime.running.supervisor import Mark
from flowrun.schemas.control import Control
from flowrun.schemas.errors import StepError
from flowrun.schemas.health import WELL, Delivery, Health, State, Stats, StepState
from flowrun.schemas.ports import Audio
from flowrun.schemas.redaction import without_passwords

log = logging.getLogger("flowrun.engine")


class Engine:
    """One run of a flow.

    Args:
        flow: What to run.
        threads: Whether sources and queues have threads. Without, `run` does all on the calling thread, one source
            after the other, in virtual time: the clock of the operators is the time in the audio.
        grace_s: How long the sinks may take when the run has been asked to stop, s.
    """

    def __init__(self, flow: Flow, *, threads: bool = True, grace_s: float = 10.0) -> None:
        self.flow = flow
        self.grace_s = grace_s
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.claims: dict[str, set[str]] = {}
        self.expected: dict[str, tuple[int | None, float | None]] = {}
        self.reported: dict[str, tuple[float, str]] = {}
        self.shared: dict[str, Any] = {}
        self.deliveries: dict[str, Delivery] = {}
        self.listeners: dict[str, list[Callable[[str], None]]] = {}
        self.clock = None if threads else VirtualTimeScheduler()
        self.error: StepError | None = None
        self._resting: set[str] = set()
        self._only_rests = False  # nothing else is left
        self._started = time.monotonic()
        self._stopped: float | None = None
        self._threaded = threads
        self._ends: Counter[Mark] = Counter()
        self._done = threading.Event()
        self._built = False
        begun = StepState("starting", "", datetime.now(UTC))
        self._states = {name: begun for name, step in flow.steps.items() if step.spec.live}
        self.control = Control(list(self._states), log.info)
        self.plan = plan(flow)

        graph = assemble(flow, self._node, threads=threads)
        self.nodes = graph.nodes
        self._leaves_due = graph.leaves_due
        self._awaited = graph.awaited
        self._open = {node for copies in graph.nodes.values() for node in copies}

    def _node(self, step: Step) -> Node:
        attention = Attention(live=step.spec.live)
        return Node(step, StepRun(self, step.name, attention), self, attention, threaded=self._threaded)

    def run(self) -> None:
        """Start and wait until everything has ended.

        Raises:
            StepError: a step failed.
        """
        self.start()
        while not self.wait(1.0):
            pass
        self.check()

    def start(self) -> None:
        """Build every step, readers first, then start the threads.

        Raises:
            StepError: a step could not be built.
        """
        for name in reversed(list(self.flow.steps)):
            for node in self.nodes[name]:
                try:
                    node.build()
                except Exception as error:  # a step that cannot be built: a model is missing, say
                    failure = StepError(name, error)
                    for built in (node for copies in self.nodes.values() for node in copies):
                        built.cancel(failure)
                    raise failure from error
        self._built = True
        names = TopologicalSorter({name: self._awaited.get(name, {}) for name in self.nodes}).static_order()
        sources = [node for name in names for node in self.nodes[name] if node.step.spec.is_source]
        if self.clock:
            for node in sources:
                node.pull()
            self._let_timers_run(self.clock)
            return
        served = [node for copies in self.nodes.values() for node in copies if node.mailbox is not None]
        bodies = [(node, node.serve) for node in served] + [(node, partial(self._pull, node)) for node in sources]
        for node, body in bodies:
            threading.Thread(target=self._guarded, args=(node, body), name=node.step.name, daemon=True).start()

    def _pull(self, node: Node) -> None:
        for flags in self._awaited.get(node.step.name, {}).values():
            for flag in flags:
                flag.wait()
        node.pull()

    def _let_timers_run(self, clock: VirtualTimeScheduler) -> None:
        """Let the clock go on after the sources have ended, for what waits for a time: at most an hour."""
        for _ in range(60):
            if self._done.is_set():
                return
            clock.advance_by(60.0)
        if not self._done.is_set():
            self.fail(StepError(", ".join(self.abandon()), TimeoutError("it did not end with its input")))
            self._done.set()

    def _guarded(self, node: Node, body: Callable[[], None]) -> None:
        try:
            body()
        except BaseException as error:  # a thread that dies takes the flow down, loudly
            log.exception("the thread of step %r died", node.step.name)
            self.fail(StepError(node.step.name, error))
            self._done.set()

    def wait(self, timeout_s: float) -> bool:
        """Wait up to *timeout_s*; return whether everything has ended."""
        return self._done.wait(timeout_s)

    def check(self) -> None:
        """Raise what made the flow stop, if anything did."""
        if self.error:
            raise self.error

    def stop(self) -> None:
        """Ask the sources to end their streams; what is under way still reaches the sinks."""
        self.stopping.set()

    def rest(self, step: str) -> None:
        """Keep a step that is still of use when all is done, until the sources are asked to stop."""
        if self.clock:
            return
        with self.lock:
            self._resting.add(step)
            self._only_rests = self._rests()
        self.stopping.wait()

    @property
    def at_rest(self) -> bool:
        """Whether all is done, and what is left waits to be asked to stop; without the lock, as all of the health."""
        return self._only_rests and not self.stopping.is_set()

    def _rests(self) -> bool:
        left = {node.step.name for node in self._open}
        return bool(left) and left <= self._resting

    def running_for_s(self) -> float:
        """Return how long ago the run began, s."""
        return time.monotonic() - self._started

    def stopped_for_s(self) -> float:
        """Return how long ago the sources were asked to stop, s; 0 while they are not."""
        if not self.stopping.is_set():
            return 0.0
        self._stopped = self._stopped or time.monotonic()
        return time.monotonic() - self._stopped

    def abandon(self) -> list[str]:
        """Let go of what did not end in time; return the names of those steps."""
        with self.lock:
            late = sorted({node.step.name for node in self._open})
        for copies in self.nodes.values():
            for node in copies:
                if node.mailbox is not None:
                    node.mailbox.close()
        return late

    # What the nodes report

    def fail(self, error: StepError) -> None:
        """Keep the first failure and stop."""
        with self.lock:
            first = self.error is None
            self.error = self.error or error
        if first:
            self.stopping.set()

    def ended(self, node: Node) -> None:
        """Note that a node has completed or failed; when all readers have, the sources may stop."""
        with self.lock:
            self._open.discard(node)
            readers_left = any(not n.readers() for n in self._open)
            nothing_left = not self._open
            self._only_rests = self._rests()
            others_listen = self._threaded and any(n.step.spec.live for n in self._open)
        if node.mailbox is not None:
            node.mailbox.close()
        if node.step.spec.live and others_listen and not self.stopping.is_set():
            self.tell(node.step.name, "ended", "its stream has ended; the other sources go on")
        if not readers_left:
            self.stopping.set()
        if nothing_left:
            self._done.set()

    def stream_ended(self, node: Node, mark: Mark) -> None:
        """Tell the source when the last of its readers has finished with a stream."""
        with self.lock:
            self._ends[mark] += 1
            complete = self._ends[mark] >= self._leaves_due[mark.source]
            if complete:
                del self._ends[mark]
        for call in self.listeners.get(mark.source, ()) if complete else ():
            call(mark.stream)

    def heard(self, audio: Audio) -> None:
        """In virtual time, let the clock follow the audio."""
        if self.clock:
            self.clock.advance_to(max(audio.start_s + len(audio.samples) / audio.rate_hz, self.clock.clock))

    @property
    def scheduler(self) -> abc.SchedulerBase | None:
        """What the operators' timers run on; None leaves it to Rx."""
        return self.clock

    def tell(self, step: str, state: State, message: str) -> None:
        """Note and log how it goes with what a step depends on."""
        message = without_passwords(message)  # systemd's status and whoever asks for the health see it too
        self._states[step] = StepState(state, message, datetime.now(UTC))
        level = logging.INFO if state in WELL else logging.WARNING
        log.log(level, "step %r: %s", step, message, extra={"step": step, "state": state})

    def stats(self) -> Mapping[str, Stats]:
        """Return what each step has done, its copies added up."""
        return {name: total(copies) for name, copies in self.nodes.items()}

    def health(self) -> Health:
        """Return how it goes with the run and each of its steps."""
        stopping = self.stopping.is_set() or self._done.is_set()
        seen = steps(self.nodes, self._told(), self.deliveries)
        progress = dict(self.reported)
        return Health(self.flow.name, seen, self._built, stopping, self.at_rest, progress)

    def _told(self) -> Mapping[str, StepState]:
        """Return what the steps told last; a pause hides what becomes of the live sources meanwhile."""
        if not (pause := self.control.paused):
            return self._states
        paused = StepState("paused", f"paused by {pause.by}", pause.since)
        return self._states | {name: paused for name, step in self.flow.steps.items() if step.spec.live}
