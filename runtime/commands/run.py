"""`flowrun FLOW.yaml`."""

from __future__ import annotations

import argparse
import logging
import math
import os
import signal
import sys
import threading
import time
from types import FrameType

from flowrun.runtime.commands.terminal import report, say
from flowrun.runtime.language.load import load
from flowrun.runtime.language.locate import locate
from flowrun.runtime.language.page_step import with_page
from flowrun.runtime.linting import warn
from flowrun.runtime.running.engine import Engine
from flowrun.runtime.running.notify import Notifier
from flowrun.runtime.running.progress import Progress
from flowrun.runtime.running.summary import as_data, as_text
from flowrun.schemas.errors import FlowrunError, StepError

log = logging.getLogger("flowrun.run")


def run(options: argparse.Namespace) -> int:
    """Run a flow until it ends, fails or is asked to stop."""
    flow = load(locate(options.flow), options.settings)
    warn(flow)
    if options.web is not None:
        flow = with_page(flow, options.web)
    return conduct(Engine(flow, grace_s=options.grace_s), options)


def conduct(engine: Engine, options: argparse.Namespace, *, for_s: float = math.inf) -> int:
    """Run *engine*, with signals, progress and summary; ask it to stop after *for_s*."""
    _stop_on_signals(engine)
    threading.excepthook = lambda died: engine.fail(
        StepError(getattr(died.thread, "name", "?"), died.exc_value or RuntimeError("its thread died"))
    )
    started = time.monotonic()
    engine.start()
    notifier = Notifier()
    with Progress(engine, shown=not options.quiet and sys.stderr.isatty()) as progress:
        late = _wait(engine, options.grace_s, notifier, progress, for_s)
    took_s = time.monotonic() - started
    if isinstance(engine.error and engine.error.cause, BrokenPipeError):
        raise BrokenPipeError
    if options.json:
        report(as_data(engine, took_s, late))
    elif not options.quiet:
        say(as_text(engine, took_s), sys.stderr)
    if engine.at_rest:
        log.info("all is done; the page stays until you end it (Ctrl-C)")
        late = _wait(engine, options.grace_s, notifier)
    engine.check()
    if late:
        raise FlowrunError(
            f"gave up after {options.grace_s:g} s: {', '.join(late)} did not finish; what waited there is lost"
        )
    return 0


def _wait(
    engine: Engine, grace_s: float, notifier: Notifier, progress: Progress | None = None, for_s: float = math.inf
) -> list[str]:
    """Wait until all is done or, without *progress*, until what rests after that has ended as well.

    Return the steps that did not reach the end within the grace after a stop.
    """
    until = time.monotonic() + for_s
    while not engine.wait(0.1) and not (progress and engine.at_rest):
        if progress:
            progress.update()
        if notifier.wanted:
            notifier.update(engine.health())
        if time.monotonic() >= until:
            engine.stop()
        if engine.stopped_for_s() > grace_s:
            return engine.abandon()
    if progress:
        progress.update()
    if notifier.wanted:
        notifier.update(engine.health())  # that it ends
    return []


def _stop_on_signals(engine: Engine) -> None:
    def stop(number: int, frame: FrameType | None) -> None:
        if engine.stopping.is_set():
            os._exit(128 + number)
        log.info("stopping: what is under way is finished first (once more to quit at once)")
        engine.stop()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
