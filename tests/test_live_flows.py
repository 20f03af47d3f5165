"""The flows that listen, from a real sound server to the alert: what is played is heard, kept, and never lost."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path
from threading import Timer
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from scipy.signal import correlate

from flowrun.models.synthesis.noise import rain
from flowrun.models.synthesis.timeline import add, peaking, silence
from tests.fault_proxy import FaultProxy
from tests.pulse import Pulse, until

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not shutil.which("pulseaudio"), reason="pulseaudio is not installed"),
]
ROOT = Path(__file__).parents[1]
FLOWRUN = [sys.executable, "-m", "flowrun.runtime.cli"]
RATE_HZ = 16000
SLEEPS_S = 5.0


class Listening:
    """A flow that listens to a sink of *pulse* in *folder*."""

    def __init__(self, pulse: Pulse, folder: Path, sink: str, flow: Path, *options: str, **environment: str) -> None:
        command = [*FLOWRUN, str(flow), "--json", *options]
        self.folder = folder
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env={**pulse.environment, "FLOWRUN_DEVICE": sink, "FLOWRUN_PORT": "0", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.watchdog = Timer(300, self.process.kill)
        self.watchdog.start()
        metrics = re.search(r"http://\S+(?=/metrics)", self.until("metrics are at")) if "glass" in flow.name else None
        self.page = f"{metrics[0]}/ready" if metrics else ""
        self.until("listening to")

    def until(self, text: str) -> str:
        """Wait for a line of the log."""
        assert self.process.stderr is not None
        return until(self.process.stderr.readline, text)

    def line(self) -> str:
        """Wait for a line of output."""
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def ready(self) -> tuple[int, str]:
        """Return the status of the page /ready, and the state of the microphone there."""
        try:
            with urlopen(self.page, timeout=10) as answer:
                status, body = answer.status, json.load(answer)
        except HTTPError as refusal:
            with refusal:
                status, body = refusal.code, json.load(refusal)
        return status, body["steps"]["mic"]["state"]

    def end(self) -> tuple[list[str], dict[str, Any]]:
        """Ask it to stop; return what it has printed, and its summary."""
        self.process.send_signal(signal.SIGTERM)
        out, log = self.process.communicate(timeout=30)
        self.watchdog.cancel()
        assert self.process.returncode == 0, log
        start = out.index("{\n") if "{\n" in out else out.index("{")
        return out[:start].splitlines(), json.loads(out[start:])

    def kill(self) -> None:
        self.watchdog.cancel()
        self.process.kill()
        self.process.communicate()


def scene(start_s: float, end_s: float) -> NDArray[np.float64]:
    samples, _ = soundfile.read(ROOT / "flows" / "samples" / "scene.flac")
    return np.asarray(samples[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)])


def rain_and_speech(seconds: float) -> NDArray[np.float32]:
    """Rain, and somebody who says the same again and again."""
    heard = silence(seconds, RATE_HZ)
    add(heard, 0.1 * peaking(rain(np.random.default_rng(2), seconds, RATE_HZ, 200.0), 0.0).astype(np.float64), 0)
    for start_s in np.arange(2.0, seconds - 4, 7.3):
        add(heard, 0.5 * scene(0.3, 3.8), round(start_s * RATE_HZ))
    return peaking(heard, -3.0)


@pytest.fixture(scope="module")
def pulse() -> Iterator[Pulse]:
    with tempfile.TemporaryDirectory(prefix="pulse") as folder:
        server = Pulse(Path(folder), dict.fromkeys(("glass", "rain", "slow"), "rate=16000 channels=1 format=s16le"))
        server.start()
        yield server
        server.kill()


@pytest.fixture(scope="module")
def two_minutes(pulse: Pulse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Listening, Any]]:
    """A flow that hears rain and speech while the other tests run, and what plays it."""
    folder = tmp_path_factory.mktemp("rain")
    listening = Listening(pulse, folder, "rain", ROOT / "flows" / "glass_break_alert.yaml")
    soundfile.write(folder / "rain.wav", rain_and_speech(120.0), RATE_HZ)
    player = subprocess.Popen(["paplay", "--device=rain", str(folder / "rain.wav")], env=pulse.environment)
    yield listening, player
    player.kill()
    player.wait()
    listening.kill()


@pytest.fixture
def nobody() -> Iterator[FaultProxy]:
    """A server that takes connections and never says a word."""
    with FaultProxy(("127.0.0.1", 1)) as proxy:
        proxy.half_open()
        yield proxy


@pytest.fixture
def glass(pulse: Pulse, tmp_path: Path) -> Path:
    path = tmp_path / "glass.wav"
    soundfile.write(path, scene(3.9, 6.4), RATE_HZ, subtype="PCM_16")
    return path


@pytest.mark.usefixtures("two_minutes")
def test_glass_gives_one_alert_and_the_clip_holds_the_sound(pulse: Pulse, glass: Path, tmp_path: Path) -> None:
    listening = Listening(pulse, tmp_path, "glass", ROOT / "flows" / "glass_break_alert.yaml")
    pulse.play(glass, "glass")
    alert = listening.line()
    lines, summary = listening.end()
    assert " Glass: " in alert
    assert lines == []
    assert (summary["steps"]["alerts"]["items_out"], summary["steps"]["mic"]["lost_samples"]) == (1, 0)
    (clip,) = tmp_path.glob("clips/*/*.wav")
    kept, rate_hz = soundfile.read(clip)
    assert rate_hz == RATE_HZ
    assert likeness(kept, soundfile.read(glass)[0]) > 0.99


@pytest.mark.usefixtures("two_minutes")
def test_a_stop_in_the_middle_of_an_event_loses_nothing_of_it(pulse: Pulse, glass: Path, tmp_path: Path) -> None:
    listening = Listening(pulse, tmp_path, "glass", ROOT / "flows" / "glass_break_alert.yaml")
    whole = scene(3.9, 6.4)
    soundfile.write(glass, np.concatenate([whole, np.tile(np.zeros(RATE_HZ), 8)]), RATE_HZ, subtype="PCM_16")
    sound, _ = soundfile.read(glass)
    padded = tmp_path / "padded.wav"
    soundfile.write(padded, np.concatenate([np.zeros(4 * RATE_HZ), sound]), RATE_HZ, subtype="PCM_16")
    player = subprocess.Popen(["paplay", "--device=glass", str(padded)], env=pulse.environment)
    assert " Glass: " in listening.line()
    _, summary = listening.end()
    player.kill()
    player.wait()
    (clip,) = tmp_path.glob("clips/*/*.wav")
    facts = json.loads(clip.with_name(f"{clip.name}.json").read_text())
    assert [event["label"] for event in facts["events"]] == ["Glass"]
    assert not facts["complete"]
    kept, _ = soundfile.read(clip)
    assert likeness(kept, whole[: round(0.5 * RATE_HZ)]) > 0.99
    assert summary["unfinished"] == []


@pytest.mark.usefixtures("two_minutes")
def test_sinks_that_sleep_or_reach_nobody_do_not_make_the_microphone_lose_a_sample(
    pulse: Pulse, glass: Path, tmp_path: Path, nobody: FaultProxy
) -> None:
    """One sleeps 5 s for each level, of which there is one each second; two send into a connection that is dead."""
    packages = tmp_path / "packages"
    info = packages / "sleeper-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: sleeper\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[flowrun.operators]\nsleeper = sleeper:sleeper\n")
    (packages / "sleeper.py").write_text(
        textwrap.dedent(f'''
        import time
        from reactivex import Observable
        from reactivex import operators as ops
        from flowrun.schemas.ports import Levels
        from flowrun.schemas.spec import operator

        @operator
        def sleeper(levels: Observable[Levels]) -> None:
            """Sleep."""
            levels.subscribe(lambda item: time.sleep({SLEEPS_S}))
        ''')
    )
    (tmp_path / "slow.yaml").write_text(
        "steps:\n"
        "  mic: {use: microphone, device: slow}\n"
        "  archive: {use: archiver, folder: kept, format: wav}\n"
        "  level: {use: level, from: mic, window_s: 1}\n"
        "  sleeper: {use: sleeper, queue: {size: 1, when_full: drop_oldest}}\n"
        "  scores: {use: recognise, from: mic, hop_s: 0.24}\n"
        "  hits: {use: threshold, labels: {Glass: 0.2}, include_children: true}\n"
        "  alerts: {use: debounce, min_hits: 2, hold_s: 2, emit: start}\n"
        f"  hook: {{use: webhook, from: alerts, url: 'http://127.0.0.1:{nobody.port}/'}}\n"
        f"  broker: {{use: mqtt, from: alerts, url: 'mqtt://127.0.0.1:{nobody.port}'}}\n"
    )
    places = {"PYTHONPATH": str(packages), "FLOWRUN_STATE": str(tmp_path)}
    listening = Listening(pulse, tmp_path, "slow", Path("slow.yaml"), "--grace-s", "20", **places)
    pulse.play(glass, "slow")
    pulse.play(glass, "slow")
    _, summary = listening.end()
    steps = summary["steps"]
    assert steps["sleeper"]["dropped"] > 5
    assert (steps["mic"]["lost_samples"], steps["mic"]["gaps"], steps["archive"]["dropped"]) == (0, 0, 0)
    (kept,) = tmp_path.glob("kept/*/*.wav")
    heard, _ = soundfile.read(kept)
    assert len(heard) == round(summary["audio_seconds"] * RATE_HZ)
    assert likeness(heard, soundfile.read(glass)[0]) > 0.99
    asked = [*FLOWRUN, "outbox", "slow.yaml", "--json"]
    told = subprocess.run(asked, cwd=tmp_path, env={**os.environ, **places}, capture_output=True, check=True)
    waiting = {name: step["waiting"] for name, step in json.loads(told.stdout)["steps"].items()}
    assert waiting == {"hook": 2, "broker": 2}


def test_a_sound_server_that_dies_is_told_and_waited_for(glass: Path, tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="pulse") as folder:
        pulse = Pulse(Path(folder), {"glass": "rate=16000 channels=1 format=s16le"})
        pulse.start()
        listening = Listening(pulse, tmp_path, "glass", ROOT / "flows" / "glass_break_alert.yaml")
        try:
            assert listening.ready() == (200, "listening")
            pulse.kill()
            listening.until("'glass' is ")
            status, state = listening.ready()
            assert (status, state in ("lost", "stalled", "missing")) == (503, True)
            pulse.start()
            listening.until("listening to 'glass' again")
            assert listening.ready() == (200, "listening")
            pulse.play(glass)
            assert " Glass: " in listening.line()
            _, summary = listening.end()
        finally:
            listening.kill()
            pulse.kill()
    mic = summary["steps"]["mic"]
    assert mic["gaps"] == 1
    assert mic["lost_samples"] > RATE_HZ


def test_two_minutes_of_rain_and_speech_give_no_alert(two_minutes: tuple[Listening, subprocess.Popen[Any]]) -> None:
    listening, player = two_minutes
    assert player.wait(timeout=180) == 0
    lines, summary = listening.end()
    assert lines == []
    assert summary["audio_seconds"] > 115
    assert summary["steps"]["scores"]["items_out"] > 115 / 0.24 * 0.9
    assert summary["steps"]["alerts"]["items_out"] == 0
    assert not list(listening.folder.glob("clips/**/*.wav"))


def likeness(heard: NDArray[Any], played: NDArray[Any]) -> float:
    """Return the greatest correlation coefficient of *played* with a part of *heard*."""
    products = correlate(heard, played, mode="valid", method="fft")
    energy = correlate(np.square(heard), np.ones(len(played)), mode="valid", method="fft")
    return float(np.max(products / np.sqrt(np.maximum(energy, 1e-9) * np.sum(np.square(played)))))
