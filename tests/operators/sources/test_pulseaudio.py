"""A real device: PulseAudio with a null sink, whose monitor PortAudio opens through ALSA, all in folders of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Timer

import numpy as np
import pytest
import soundfile

from flowrun.models.signals import tone

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not shutil.which("pulseaudio"), reason="pulseaudio is not installed"),
]
FLOWRUN = [sys.executable, "-m", "flowrun.runtime.cli"]
SINK = "module-null-sink sink_name=quiet rate=16000 channels=1 format=s16le"


class Pulse:
    """A sound server of our own."""

    def __init__(self, folder: Path) -> None:
        home = folder / "home"
        home.mkdir()
        (home / ".asoundrc").write_text("pcm.!default {type pulse}\nctl.!default {type pulse}\n")
        runtime = folder / "run"
        runtime.mkdir(mode=0o700)
        mine = {"HOME": home, "XDG_RUNTIME_DIR": runtime, "XDG_CONFIG_HOME": home, "PULSE_RUNTIME_PATH": runtime}
        self.environment = {**os.environ, **{name: str(path) for name, path in mine.items()}}
        self.server: subprocess.Popen[str] | None = None

    def start(self) -> None:
        command = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--log-level=info"]
        modules = ["-L", "module-native-protocol-unix", "-L", SINK]
        self.server = subprocess.Popen([*command, *modules], env=self.environment, stderr=subprocess.PIPE, text=True)
        assert self.server.stderr is not None
        until(self.server.stderr.readline, "Daemon startup complete")

    def kill(self) -> None:
        if self.server:
            self.server.kill()
            self.server.communicate()
        self.server = None


def until(readline: Callable[[], str], text: str) -> str:
    """Return the next line that holds *text*."""
    lines = []
    while line := readline():
        lines.append(line)
        if text in line:
            return line
    raise AssertionError(f"{text!r} did not come, but {lines}")


@pytest.fixture
def pulse() -> Iterator[Pulse]:
    with tempfile.TemporaryDirectory(prefix="pulse") as folder:  # short: it holds a socket, whose path has a limit
        server = Pulse(Path(folder))
        server.start()
        yield server
        server.kill()


@pytest.fixture
def listening(pulse: Pulse, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A flow that listens, and says the level of each 0.1 s."""
    (tmp_path / "mic.yaml").write_text(
        "steps:\n  mic: {use: microphone, stall_s: 3}\n  level: {use: level, window_s: 0.1}\n  screen: {use: console}\n"
    )
    command = [*FLOWRUN, "mic.yaml", "--quiet"]
    flow = subprocess.Popen(
        command, cwd=tmp_path, env=pulse.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    watchdog = Timer(60, flow.kill)
    watchdog.start()
    yield flow
    watchdog.cancel()
    flow.kill()
    flow.communicate()


def tone_heard(lines: Iterator[str]) -> list[tuple[float, float]]:
    """Read until a tone has ended; return the time and the level of each window it was in."""
    heard: list[tuple[float, float]] = []
    every = []
    for line in lines:
        every.append(line)
        _, start_s, level, _ = line.split()
        if float(level) > -21:
            heard.append((float(start_s), float(level)))
        elif heard:
            return heard
    raise AssertionError(f"no tone was heard to its end in {every}")


def paplay(pulse: Pulse, path: Path) -> None:
    # A null sink that has just begun has rendered its monitor up to 2 s ahead: a sound must come after that.
    silence = np.zeros(2 * 16000)
    sound = np.concatenate([silence, silence, tone(1.0, 16000, -20, 440), silence])
    soundfile.write(path, sound, 16000, subtype="PCM_16")
    subprocess.run(["paplay", str(path)], env=pulse.environment, check=True, timeout=30)


def test_the_devices_are_listed(pulse: Pulse) -> None:
    done = subprocess.run([*FLOWRUN, "devices", "--json"], env=pulse.environment, capture_output=True, check=True)
    devices = json.loads(done.stdout)
    (usual,) = [device for device in devices if device["default"]]
    assert usual["name"] == "default"
    assert {16000, 44100, 48000} <= set(usual["rates_hz"])
    assert done.stderr == b""


def test_what_is_played_is_heard_also_after_the_server_was_killed(
    pulse: Pulse, listening: subprocess.Popen[str], tmp_path: Path
) -> None:
    assert listening.stdout is not None
    assert listening.stderr is not None
    until(listening.stderr.readline, "listening to 'default':")
    paplay(pulse, tmp_path / "tone.wav")
    before = tone_heard(listening.stdout)
    pulse.kill()
    until(listening.stderr.readline, "'default' is ")
    pulse.start()
    until(listening.stderr.readline, "listening to 'default' again")
    paplay(pulse, tmp_path / "tone.wav")
    after = tone_heard(listening.stdout)
    listening.send_signal(signal.SIGTERM)
    listening.communicate(timeout=20)
    assert listening.returncode == 0
    for heard in (before, after):
        assert len(heard) in (9, 10, 11)  # 1 s of whole windows, and what is left at the edges
        assert [level for _, level in heard[1:-1]] == pytest.approx([-20.0] * (len(heard) - 2), abs=0.2)
    assert after[0][0] - before[-1][0] > 3  # the time went on while nothing came
