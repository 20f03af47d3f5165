"""One running step: its inlets, its operator, the steps that read it, and what happens when an item fails.

Nothing an operator does can reach its neighbours except items: an exception in a subscriber is caught at the step's
own inlet, `receive` admits one thread at a time, and every reader gets every item.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from threading import Event as Flag
from threading import Lock
from typing import Any

from reactivex import Observable, abc
from reactivex import operators as ops
from reactivex.disposable import CompositeDisposable, SerialDisposable
from reactivex.subject import Subject

from flowrun.runtime.language.flow import Step
from flowrun.runtime.running.attention import Attention
from flowrun.runtime.running.losses import Losses
from flowrun.runtime.running.mailbox import Mailbox
from flowrun.runtime.running.source_loop import SourceLoop
from flowrun.runtime.running.supervisor import Mark, Supervisor
from flowrun.schemas.errors import StepError, explain
from flowrun.schemas.health import Stats
from flowrun.schemas.ports import Audio, Examples, Failed, Rejected, StreamEnd
from flowrun.schemas.redaction import without_passwords
from flowrun.schemas.run import Run

log = logging.getLogger("flowrun.engine")


@dataclass(frozen=True, slots=True)
class Edge:
    """Where an output leads."""

    node: Node
    port: str


class Node:
    """One copy of a step.

    Args:
        step: The step.
        run: What its operator may ask of the run.
        engine: Told of failures and ends.
        attention: Told what the step is at.
        threaded: Whether its queue is real; otherwise it runs on the thread of what it reads.
    """

    def __init__(self, step: Step, run: Run, engine: Supervisor, attention: Attention, *, threaded: bool) -> None:
        self.step = step
        self.stats = Stats()
        self.attention = attention
        self.edges: dict[str, list[Edge]] = {output: [] for output in step.spec.outputs}
        self.dead_letters: list[Edge] = []
        self.waiting: dict[str, int] = dict.fromkeys(step.spec.inputs, 0)  # upstreams not yet complete, by port
        self.marks_due: dict[str, int] = {}  # how many upstream copies will announce a stream's end, by source
        self.mailbox: Mailbox | None = Mailbox(step.queue, self._dropped) if threaded and step.queue else None
        self._run = run
        self._engine = engine
        self._inlets: dict[str, Subject[Any]] = {port: Subject() for port in step.spec.inputs}
        self.complete: dict[str, Flag] = {port: Flag() for port in step.spec.first}  # set when nothing more can come
        self._lock = Lock()
        self._subscription = SerialDisposable()
        self._open_outputs: set[str] = set()
        self._marks: dict[Mark, int] = {}
        self._losses = Losses(self.stats, run.control)
        self._current: Any = None
        self._upstream_error: Exception | None = None
        self._closed = False
        self._built_after = 0  # items that had come when the operator was last built

    @property
    def streams(self) -> tuple[str, ...]:
        """The streams of a source that are under way."""
        return self._losses.streams

    # Wiring

    def build(self) -> None:
        """Call the operator and listen to what it gives; a source only starts in `pull`."""
        outputs = self._outputs()
        if self.step.spec.is_source:
            self._sources = outputs
        else:
            self._listen(outputs)

    def pull(self) -> None:
        """Run a source to its end on this thread."""
        loop = SourceLoop()
        self._listen(self._sources, loop.scheduler)
        loop.run()

    def cancel(self, error: Exception) -> None:
        """Let go of everything: the run cannot start."""
        self._closed = True
        self._let_go(error)

    def readers(self) -> list[Node]:
        """Return the nodes that read this one, each once."""
        edges = [edge for out in self.edges.values() for edge in out] + self.dead_letters
        return list(dict.fromkeys(edge.node for edge in edges))

    def _outputs(self) -> Mapping[str, Observable[Any]]:
        spec = self.step.spec
        config = dict(self.step.config)
        if spec.run_parameter:
            config[spec.run_parameter] = self._run
        linked: dict[str, Any] = {port: inlet.pipe(ops.as_observable()) for port, inlet in self._inlets.items()}
        linked |= dict.fromkeys(port for port in spec.optional if port not in self.step.inputs)
        given = spec.build(**linked, **config)
        if given is None:
            return {}
        if not spec.outputs:
            return {"": given}
        return dict(zip(spec.outputs, given if isinstance(given, tuple) else (given,), strict=True))

    def _listen(self, outputs: Mapping[str, Observable[Any]], scheduler: abc.SchedulerBase | None = None) -> None:
        group = CompositeDisposable()
        self._subscription.disposable = group
        self._open_outputs = set(outputs)
        for output, source in outputs.items():
            group.add(
                source.subscribe(
                    partial(self._emit, output),
                    self._stopped,
                    partial(self._output_done, output),
                    scheduler=scheduler or self._engine.scheduler,
                )
            )

    # What comes in

    def receive(self, port: str, item: Any) -> None:
        """Take an item from any thread."""
        if self.mailbox is not None:
            self.mailbox.put(partial(self._deliver, port, item))
        else:
            self._deliver(port, item)

    def finish(self, port: str, error: Exception | None = None) -> None:
        """Note that one of the upstreams of *port* has completed, or failed."""
        self._mark(partial(self._finish, port, error))

    def end_stream(self, mark: Mark) -> None:
        """Note that one upstream has given all of a stream."""
        self._mark(partial(self._end_stream, mark))

    def serve(self) -> None:
        """Deliver what the mailbox holds until it is closed; the body of the step's thread."""
        while self.mailbox is not None and (delivery := self.mailbox.take()):
            delivery()

    def _mark(self, delivery: Callable[[], None]) -> None:
        if self.mailbox is not None:
            self.mailbox.put_mark(delivery)
        else:
            delivery()

    def _deliver(self, port: str, item: Any) -> None:
        with self._lock:
            if self._closed:
                return
            self.stats.items_in += not isinstance(item, StreamEnd)
            self._current = item
            self.attention.begin()
            try:
                self._inlets[port].on_next(item)
            except Exception as error:  # whatever an operator raises is this step's failure, nobody else's
                self._stopped(error)
            finally:
                self.attention.end()

    def _finish(self, port: str, error: Exception | None) -> None:
        with self._lock:
            self.waiting[port] -= 1
            if self._closed:
                return
            if error is not None:
                self._upstream_error = error
                self._close(error)
            elif self.waiting[port] == 0:
                self._current = None
                try:
                    self._inlets[port].on_completed()
                except Exception as failure:  # as in _deliver
                    self._stopped(failure)
                if not self._open_outputs and not any(self.waiting.values()):
                    self._close(None)
                if port in self.complete:
                    self.complete[port].set()

    def _end_stream(self, mark: Mark) -> None:
        with self._lock:
            seen = self._marks.pop(mark, 0) + 1
            if seen < self.marks_due.get(mark.source, 1):
                self._marks[mark] = seen
                return
        for port in self._inlets:
            if self.step.spec.wants_stream_end(port):
                self._deliver(port, StreamEnd(mark.stream))
        self._pass_on(mark)

    def _pass_on(self, mark: Mark) -> None:
        readers = self.readers()
        for node in readers:
            node.end_stream(mark)
        if not readers:
            self._engine.stream_ended(self, mark)

    # What goes out

    def _emit(self, output: str, item: Any) -> None:
        if self._closed:
            return
        mine = self.attention.hand_on()
        self._hand_on(output, item)
        if mine and not self._closed:
            self.attention.begin()

    def _hand_on(self, output: str, item: Any) -> None:
        if isinstance(item, Failed):
            self._failed(item)
            if item.ends_stream:
                self._losses.ended(item.stream)
                self._end_own_stream(item.stream)
            return
        self.stats.items_out += 1
        for edge in self.edges.get(output, ()):
            edge.node.receive(edge.port, item)
        if self.step.spec.is_source and isinstance(item, Audio | Examples):
            if isinstance(item, Audio):
                self.stats.audio_s += len(item.samples) / item.rate_hz
                self._losses.heard(item)
                self._engine.heard(item)
            else:
                self.stats.examples += len(item)
            if item.last:
                self._end_own_stream(item.stream)

    def _end_own_stream(self, stream: str) -> None:
        self.stats.streams += 1
        self._pass_on(Mark(stream, self.step.name))

    def _failed(self, failed: Failed) -> None:
        self.stats.errors += 1
        if self.step.on_error == "stop":
            self._give_up(StepError(self.step.name, failed.error, failed.stream))
            return
        where = f"sent to {self.step.dead_letters!r}" if self.dead_letters else "skipped"
        why = without_passwords(explain(failed.error))  # a dead letter goes to files
        self._warn(f": {failed.stream or 'an item'} {where}: {why}")
        start_s = getattr(failed.item, "start_s", None)
        letter = Rejected(self.step.name, failed.stream, why, start_s)
        for edge in self.dead_letters:
            edge.node.receive(edge.port, letter)

    def _stopped(self, error: Exception) -> None:
        """The operator itself ended with an error: it is built anew unless the flow is to stop."""
        if self._closed:
            return
        helpless = not self.step.spec.inputs or self.stats.items_in == self._built_after  # it would fail again
        if self._upstream_error is not None or self.step.on_error == "stop" or helpless:
            self.stats.errors += 1
            self._give_up(StepError(self.step.name, error, getattr(self._current, "stream", "")))
            return
        self._failed(Failed(getattr(self._current, "stream", ""), error, self._current))
        self._built_after = self.stats.items_in
        self._inlets = {port: Subject() for port in self._inlets}  # whoever listens to the old ones is left behind
        self._listen(self._outputs())
        for port, open_upstreams in self.waiting.items():
            if open_upstreams == 0:
                self._inlets[port].on_completed()

    def _give_up(self, error: StepError) -> None:
        self._engine.fail(error)
        self._close(error)

    def _output_done(self, output: str) -> None:
        self._open_outputs.discard(output)
        if not self._open_outputs:
            self._close(None)

    def _close(self, error: Exception | None) -> None:
        """Tell every reader that no more will come, and why."""
        if self._closed:
            return
        self._closed = True
        self.attention.close()
        for complete in self.complete.values():
            complete.set()
        if error is not None:
            self._let_go(error)
        self._subscription.dispose()
        for edge in [edge for out in self.edges.values() for edge in out]:
            edge.node.finish(edge.port, error)
        for edge in self.dead_letters:
            edge.node.finish(edge.port)
        self._engine.ended(self)

    def _let_go(self, error: Exception) -> None:
        try:
            for inlet in self._inlets.values():
                inlet.on_error(error)
        except Exception as failure:  # the step has failed already: this one is only told
            self._warn(f" could not clean up: {explain(failure)}")

    def _dropped(self) -> None:
        self.stats.dropped += 1
        if self.stats.dropped & (self.stats.dropped - 1) == 0:  # the 1st, 2nd, 4th, 8th …
            self._warn(f" is too slow: {self.stats.dropped} items dropped")

    def _warn(self, what: str) -> None:
        log.warning("step %r%s", self.step.name, what, extra={"step": self.step.name})
