"""Listening: seconds from a sound to its event, the share of a core that it takes, and memory.

Sound is written into `pipe` as a device gives it, 20 ms at a time by the clock, so that it is known when each sample
was there. `--seconds` is how long each model listens, `--hours` how much audio is replayed as fast as it goes.
"""

from __future__ import annotations

from measure import Row, flowrun, options, report  # before NumPy

# isort: split
import os
import re
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import numpy as np
import soundfile
from numpy.typing import NDArray

from flowrun.models.bundle import bundle

RATE_HZ = 16000
CHUNK_S = 0.02
EVERY_S = 4.3  # no multiple of the hop, so that the sound begins anywhere in a window
WINDOW_S = 0.96
SCENE = Path(__file__).parents[1] / "flows" / "samples" / "scene.flac"
CORES = {"listener": "< 15", "yamnet": "< 40"}  # per cent of one
ALERTS = """
steps:
  mic: {use: pipe}
  scores: {use: recognise, model: MODEL, hop_s: 0.24}
  hits: {use: threshold, labels: {Glass: 0.2}, include_children: true}
  alerts: {use: debounce, hold_s: 0.2, emit: start}
  screen: {use: console}
"""
KEEPING = """
  clips: {use: clip_archiver, from: {audio: mic, events: alerts}, folder: clips, max_bytes: 10000000,
          queue: {when_full: block}}
  log: {use: event_log, from: clips, folder: log}
"""


@contextmanager
def listening(steps: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a flow of *steps* that reads from us, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "flow.yaml").write_text(steps)
        command = flowrun("flow.yaml", "--quiet", "--log-level", "warning")
        with subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as flow:
            yield flow
        if flow.returncode:
            raise SystemExit(f"the flow ended with {flow.returncode}")


def sound(seconds: float) -> NDArray[np.int16]:
    """Return faint noise in which glass breaks again and again."""
    scene, _ = soundfile.read(SCENE, dtype="float64")
    pane = scene[4 * RATE_HZ : 6 * RATE_HZ]
    heard = 1e-3 * np.random.default_rng(0).standard_normal(round(seconds * RATE_HZ))
    for start_s in np.arange(EVERY_S, seconds - EVERY_S, EVERY_S):
        start = round(start_s * RATE_HZ)
        heard[start : start + len(pane)] += pane
    return np.asarray(np.round(np.clip(heard, -1, 1) * 32767), np.int16)


def measured(model: str, seconds: float) -> Iterator[Row]:
    """Yield what it takes to listen with *model* for so long."""
    samples = sound(seconds)
    chunks = samples[: len(samples) // 320 * 320].reshape(-1, round(CHUNK_S * RATE_HZ))
    arrived: list[tuple[float, float]] = []  # (when, start of the window in the stream), s
    with listening(ALERTS.replace("MODEL", model)) as flow:
        assert flow.stdin
        assert flow.stdout
        flow.stdin.write(bytes(2 * RATE_HZ))  # a second of silence: what is loaded at first is loaded now
        flow.stdin.flush()
        time.sleep(5)
        reader = Thread(target=lambda: arrived.extend(events(flow)))
        reader.start()
        used = processor_s(flow.pid)
        began = time.perf_counter()
        for number, chunk in enumerate(chunks, 1):
            time.sleep(max(0.0, began + number * CHUNK_S - time.perf_counter()))
            flow.stdin.write(chunk.tobytes())
            flow.stdin.flush()
        used = processor_s(flow.pid) - used
        took_s = time.perf_counter() - began
        megabytes = memory_mb(flow.pid)
        flow.stdin.close()
        reader.join()
    expected = len(np.arange(EVERY_S, seconds - EVERY_S, EVERY_S))
    if len(arrived) != expected:
        raise SystemExit(f"{len(arrived)} events came of {expected} panes")
    late_ms = sorted(1000 * (when - began - (start_s - 1.0) - WINDOW_S) for when, start_s in arrived)
    yield Row("live", f"{model}: from its first window to the event, median", statistics.median(late_ms), "ms", "< 300")
    worst = late_ms[min(len(late_ms) - 1, int(0.99 * len(late_ms)))]
    yield Row("live", f"{model}: the same, 99th percentile of {expected}", worst, "ms", "< 600")
    yield Row("live", f"{model}: share of one core", 100 * used / took_s, "%", CORES[model])
    yield Row("live", f"{model}: memory of the process", megabytes, "MB", "< 250")


def events(flow: subprocess.Popen[bytes]) -> Iterator[tuple[float, float]]:
    """Yield when each event came, and where in the stream its first window begins, s."""
    assert flow.stdout
    for line in flow.stdout:
        if match := re.search(rb" ([\d.]+)-[\d.]+ Glass", line):
            yield time.perf_counter(), float(match[1])


def replayed(hours: float) -> Iterator[Row]:
    """Yield how the memory grows over so much audio, with clips and a log kept."""
    samples = sound(60.0).tobytes()
    megabytes = []
    with listening(ALERTS.replace("MODEL", "listener") + KEEPING) as flow:
        assert flow.stdin
        assert flow.stdout
        reader = Thread(target=flow.stdout.read)
        reader.start()
        for _ in range(max(12, round(60 * hours))):
            flow.stdin.write(samples)
            megabytes.append(memory_mb(flow.pid))
        flow.stdin.close()
        reader.join()
    early = statistics.median(megabytes[10:15])
    yield Row("live", f"memory after 10 minutes of audio, of {hours:g} h with clips and a log", early, "MB", "< 250")
    growth = 100 * (statistics.median(megabytes[-5:]) / early - 1)
    yield Row("live", "how much it has grown at the end", growth, "%", "< 1")


def processor_s(process: int) -> float:
    """Return the processor time that a process has used, s."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(process: int) -> float:
    """Return the memory of a process that is in use now, MB."""
    (line,) = re.findall(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    return int(line) * 1.024e-3


def main() -> None:
    """Measure."""
    given = options(seconds=60.0, hours=1.0)
    rows = []
    for model in CORES:
        found = bundle(model)
        if found.find(found.files[0].path):
            rows += measured(model, given.seconds)
    report([*rows, *replayed(given.hours)], given)


if __name__ == "__main__":
    main()
