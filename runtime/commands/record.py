"""`flowrun record`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from flowrun.models.disk import megabytes
from flowrun.runtime.commands.run import conduct
from flowrun.runtime.commands.terminal import say
from flowrun.runtime.language.load import load
from flowrun.runtime.language.locate import locate
from flowrun.runtime.linting import warn
from flowrun.runtime.recording.recorder import Recorder
from flowrun.runtime.recording.session import Consulted, Session
from flowrun.runtime.running.engine import Engine
from flowrun.runtime.running.summary import duration


def run(options: argparse.Namespace) -> int:
    """Run a flow, and keep what it hears and tells."""
    environment = Consulted(os.environ)
    flow = load(locate(options.flow), options.settings, environment)
    warn(flow)
    folder = Path(options.to)
    session = Session(flow, options.settings, environment.asked, folder)
    engine = Engine(session.flow, grace_s=options.grace_s)
    try:
        return conduct(engine, options, for_s=options.for_s)
    finally:
        if session.end(engine, options.grace_s) and not options.quiet and not options.json:
            say(_summary(folder, session.recorder), sys.stderr)


def _summary(folder: Path, recorder: Recorder) -> str:
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    events = f"{recorder.events} event{'s' * (recorder.events != 1)}"
    lacking = f"; {recorder.lost_blocks} blocks could not be kept" if recorder.lost_blocks else ""
    return f"{folder}: {duration(recorder.audio_s)} of audio and {events}, {megabytes(size)}{lacking}"
