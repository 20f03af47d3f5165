"""A flow in a process of its own, and its page."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import IO

import numpy as np
import pytest
import soundfile

RATE_HZ = 16000
BLOCK = 1600  # samples, 0.1 s
GLASS_S = (3.9, 6.3)  # where it breaks in the sound
SOUND = Path(__file__).parents[2] / "flows" / "samples" / "scene.flac"
ALERTS = """\
name: door
steps:
  mic:    {use: pipe}
  scores: {use: recognise, hop_s: 0.24}
  hits:   {use: threshold, labels: {Glass: 0.2}, include_children: true}
  alerts: {use: debounce, min_hits: 2, hold_s: 1, cooldown_s: 1, emit: start}
"""


class RealFlow:
    """Hears silence, and breaking glass when asked to.

    Args:
        folder: Where it lives.
        sinks: Steps that take its alerts, a line each.
    """

    def __init__(self, folder: Path, *sinks: str) -> None:
        self.folder = folder
        (folder / "flow.yaml").write_text(ALERTS + "".join(f"  {sink}\n" for sink in sinks))
        self.url = ""

    def start(self) -> None:
        """Run it, at the address of the last time."""
        port = self.url.rpartition(":")[2] or "0"
        command = [sys.executable, "-m", "flowrun.runtime.cli", "flow.yaml", "--quiet", "--web", port]
        place = {"XDG_STATE_HOME": str(self.folder / "state")}
        pipes = {"stdin": subprocess.PIPE, "stderr": subprocess.PIPE}
        self._process = subprocess.Popen(command, cwd=self.folder, env={**os.environ, **place}, **pipes)  # type: ignore[call-overload]
        self._glass, self._end = Event(), Event()
        self._feeder = Thread(target=self._feed, args=(self._process.stdin,), daemon=True)
        self._feeder.start()
        self._reader = Thread(target=self._process.stderr.read, daemon=True)  # a full pipe would stop it
        log = ""
        for line in self._process.stderr:
            log += line.decode()
            if found := re.search(r"the page is at (http://\S+)", log):
                self.url = found[1]
                self._reader.start()
                return
        self._reader.start()
        self.kill()
        pytest.fail(log)

    def break_glass(self) -> None:
        """Let glass break, now."""
        self._glass.set()

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()
        self._end.set()
        self._feeder.join()
        self._reader.join()
        for pipe in (self._process.stdin, self._process.stderr):
            with suppress(BrokenPipeError):  # what was still to be written has nowhere to go
                pipe.close()

    def _feed(self, pipe: IO[bytes]) -> None:
        sound = soundfile.read(SOUND, dtype="int16")[0]
        glass = sound[int(GLASS_S[0] * RATE_HZ) : int(GLASS_S[1] * RATE_HZ)]
        waiting = np.zeros(0, np.int16)
        try:
            while not self._end.wait(BLOCK / RATE_HZ):
                if self._glass.is_set():
                    self._glass.clear()
                    waiting = glass
                block, waiting = waiting[:BLOCK], waiting[BLOCK:]
                pipe.write(np.pad(block, (0, BLOCK - len(block))).tobytes())
                pipe.flush()
        except OSError:
            self._end.set()  # the flow has gone
