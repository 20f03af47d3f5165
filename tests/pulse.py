"""A sound server of our own: PulseAudio with null sinks, whose monitors PortAudio opens through ALSA.

Nothing of the machine is touched: all is in one folder, the socket too.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Thread

import numpy as np
import soundfile

BEFORE_S, AFTER_S = 4.0, 2.0  # a null sink that has just begun has rendered its monitor up to 2 s ahead
FORM = "rate=16000 channels=1 format=s16le"


class Pulse:
    """The server. Whoever runs with `environment` has an input device of each sink's name; the first is the default.

    Args:
        folder: Where it lives; short, because it holds a socket, whose path has a limit.
        sinks: Their names, and what they are like.
    """

    def __init__(self, folder: Path, sinks: Mapping[str, str]) -> None:
        self.folder, self.sinks = folder, dict(sinks)
        (folder / "home").mkdir()
        (folder / "run").mkdir(mode=0o700)
        devices = [f'pcm.{name} {{type pulse device "{name}.monitor"}}' for name in sinks]
        lines = [*devices, "pcm.!default {type pulse}", "ctl.!default {type pulse}", ""]
        (folder / "home" / ".asoundrc").write_text("\n".join(lines))
        places = {"HOME": "home", "XDG_CONFIG_HOME": "home", "XDG_RUNTIME_DIR": "run", "PULSE_RUNTIME_PATH": "run"}
        self.environment = {**os.environ, **{name: str(folder / place) for name, place in places.items()}}
        self.server: subprocess.Popen[str] | None = None
        self._modules: dict[str, str] = {}

    def start(self) -> None:
        """Start it, with all sinks."""
        command = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--log-level=info"]
        modules = ["-L", "module-native-protocol-unix"]
        self.server = subprocess.Popen([*command, *modules], env=self.environment, stderr=subprocess.PIPE, text=True)
        assert self.server.stderr is not None
        until(self.server.stderr.readline, "Daemon startup complete")
        self._reader = Thread(target=self.server.stderr.read)  # a full pipe would stop it
        self._reader.start()
        for name in self.sinks:
            self.add(name)

    def kill(self) -> None:
        """Kill it, as a crash would."""
        if self.server:
            self.server.kill()
            self.server.wait()
            self._reader.join()
            assert self.server.stderr is not None
            self.server.stderr.close()
        self.server = None

    def add(self, name: str) -> None:
        """Plug in the sink *name*."""
        self._modules[name] = self.control(
            "load-module", "module-null-sink", f"sink_name={name}", *self.sinks[name].split()
        )

    def remove(self, name: str) -> None:
        """Unplug the sink *name*."""
        self.control("unload-module", self._modules.pop(name))

    def control(self, *command: str) -> str:
        """Run `pactl`; return what it says."""
        done = subprocess.run(
            ["pactl", *command], env=self.environment, check=True, timeout=20, capture_output=True, text=True
        )
        return done.stdout.strip()

    def play(self, path: Path, sink: str = "") -> None:
        """Play a sound file into a sink, the first where none is named, with silence around it; wait for its end."""
        sound, rate_hz = soundfile.read(path, always_2d=True)
        before, after = (np.zeros((round(seconds * rate_hz), sound.shape[1])) for seconds in (BEFORE_S, AFTER_S))
        padded = self.folder / f"{path.stem}.{sink}.wav"
        soundfile.write(padded, np.concatenate([before, sound, after]), rate_hz)
        command = ["paplay", f"--device={sink or next(iter(self.sinks))}", str(padded)]
        subprocess.run(command, env=self.environment, check=True, timeout=BEFORE_S + len(sound) / rate_hz + 30)


def until(readline: Callable[[], str], text: str) -> str:
    """Return the next line that holds *text*."""
    lines = []
    while line := readline():
        lines.append(line)
        if text in line:
            return line
    raise AssertionError(f"{text!r} did not come, but {lines}")
