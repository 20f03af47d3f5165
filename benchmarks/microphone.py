"""A microphone under load: samples lost, the share of a core, and how late events are, PulseAudio's clock included.

A null sink of a PulseAudio of our own is the device; glass breaks in it again and again, while as many other processes
as asked for keep every core busy. `--minutes` is how long it listens, `--busy` how many such processes there are.
"""

from __future__ import annotations

from measure import Row, flowrun, options, report  # before NumPy

# isort: split
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from threading import Thread

import soundfile
from live import ALERTS, RATE_HZ, WINDOW_S, memory_mb, processor_s, sound

sys.path.append(str(Path(__file__).parents[1]))
from tests.pulse import Pulse, until

STEPS = ALERTS.replace("MODEL", "listener").replace("{use: pipe}", "{use: microphone, device: room}")
LOG = "  log: {use: event_log, from: alerts, folder: log, format: jsonl}\n"
PART_S = 60.0


def main() -> None:
    """Measure."""
    given = options(minutes=2.0, busy=2 * (os.cpu_count() or 1))
    if not shutil.which("pulseaudio"):
        raise SystemExit("pulseaudio is not installed")
    with tempfile.TemporaryDirectory(prefix="pulse") as folder:
        pulse = Pulse(Path(folder), {"room": "rate=16000 channels=1 format=s16le"})
        pulse.start()
        burning = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(given.busy)]
        try:
            rows = list(listened(pulse, Path(folder), given.minutes, given.busy))
        finally:
            for process in burning:
                process.kill()
                process.wait()
            pulse.kill()
    report(rows, given)


def listened(pulse: Pulse, folder: Path, minutes: float, busy: int) -> list[Row]:
    """Return what came of listening for so long."""
    (folder / "flow.yaml").write_text(STEPS + LOG)
    soundfile.write(folder / "room.wav", sound(PART_S), RATE_HZ, subtype="PCM_16")
    flow = subprocess.Popen(
        flowrun("flow.yaml", "--json"),
        cwd=folder,
        env=pulse.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert flow.stderr
    until(flow.stderr.readline, "listening to")
    late_ms: list[float] = []
    watcher = Thread(target=watch, args=(folder / "log", flow, late_ms))
    watcher.start()
    used, began = processor_s(flow.pid), time.monotonic()
    while time.monotonic() < began + 60 * minutes:
        subprocess.run(["paplay", "--device=room", str(folder / "room.wav")], env=pulse.environment, check=True)
    used, took_s = processor_s(flow.pid) - used, time.monotonic() - began
    megabytes = memory_mb(flow.pid)
    flow.send_signal(signal.SIGTERM)
    out, log = flow.communicate()
    watcher.join()
    summary = json.loads(out[re.search(r"^\{", out, re.M).start() :])  # type: ignore[union-attr]
    mic = summary["steps"]["mic"]
    late_ms.sort()
    under = f"{busy} busy processes on {os.cpu_count()} cores"
    if not late_ms:
        raise SystemExit(f"no event came: {log}")
    return [
        Row("microphone", f"samples lost in {took_s / 60:.1f} min, {under}", mic["lost_samples"], "", "0"),
        Row("microphone", "gaps", mic["gaps"], "", "0"),
        Row("microphone", "seconds heard of 100 listened", 100 * summary["audio_seconds"] / took_s, "s", ">= 100"),
        Row("microphone", "share of one core", 100 * used / took_s, "%", "< 15"),
        Row("microphone", "memory of the process", megabytes, "MB", "< 250"),
        Row("microphone", "from its first window to the event, median", statistics.median(late_ms), "ms", "< 300"),
        Row(
            "microphone",
            f"the same, 99th percentile of {len(late_ms)}",
            late_ms[min(len(late_ms) - 1, int(0.99 * len(late_ms)))],
            "ms",
            "< 600",
        ),
    ]


def watch(folder: Path, flow: subprocess.Popen[str], late_ms: list[float]) -> None:
    """Note how long after the end of its first window each event is in the log; looks every 5 ms."""
    seen = 0
    while flow.poll() is None:
        time.sleep(0.005)
        now = time.time()
        lines = [line for path in sorted(folder.glob("*.jsonl")) for line in path.read_text().splitlines()]
        for line in lines[seen:]:
            heard_at = datetime.fromisoformat(json.loads(line)["heard_at"])
            late_ms.append(1000 * (now - heard_at.timestamp() - WINDOW_S))
        seen = len(lines)


if __name__ == "__main__":
    main()
