"""Real devices: sinks of PulseAudio, whose monitors PortAudio opens through ALSA."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Timer

import numpy as np
import pytest
import soundfile

from flowrun.models.signals import tone
from tests.pulse import FORM, Pulse, until

pytestmark = pytest.mark.integration
FLOWRUN = [sys.executable, "-m", "flowrun.runtime.cli"]
WIDE = "rate=96000 channels=2 format=s24le"
ONE = """
steps:
  mic:    {use: microphone, device: DEVICE, stall_s: 3}
  level:  {use: level, window_s: 0.1}
  screen: {use: console}
"""
FOUR = """
steps:
  left:   {use: microphone, device: left}
  right:  {use: microphone, device: rig*, stream: right}
  first:  {use: microphone, device: INDEX, channel: 1, rate_hz: 8000, stream: first}
  second: {use: microphone, device: INDEX, channel: 2, rate_hz: 192000, stream: second}
  level:  {use: level, from: [left, right, first, second], window_s: 0.1}
  screen: {use: console}
"""
Begin = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def begin(pulse: Pulse, tmp_path: Path) -> Iterator[Begin]:
    """A function that starts a flow; it is ended after the test, and after a minute at the latest."""
    flows: list[tuple[subprocess.Popen[str], Timer]] = []

    def beginning(text: str) -> subprocess.Popen[str]:
        (tmp_path / "mic.yaml").write_text(text)
        out = error = subprocess.PIPE
        flow = subprocess.Popen(
            [*FLOWRUN, "mic.yaml", "--quiet"], cwd=tmp_path, env=pulse.environment, text=True, stdout=out, stderr=error
        )
        flows.append((flow, Timer(60, flow.kill)))
        flows[-1][1].start()
        return flow

    yield beginning
    for flow, watchdog in flows:
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


@pytest.fixture
def beep(tmp_path: Path) -> Path:
    """A tone of 1 s."""
    soundfile.write(tmp_path / "tone.wav", tone(1.0, 16000, -20, 440), 16000, subtype="PCM_16")
    return tmp_path / "tone.wav"


def devices(pulse: Pulse) -> dict[str, dict[str, object]]:
    done = subprocess.run([*FLOWRUN, "devices", "--json"], env=pulse.environment, capture_output=True, check=True)
    assert done.stderr == b""
    return {device["name"]: device for device in json.loads(done.stdout)}


def test_the_devices_are_listed(pulse: Pulse) -> None:
    found = devices(pulse)
    assert [name for name, device in found.items() if device["default"]] == ["default"]
    assert found["default"]["rates_hz"] == found["quiet"]["rates_hz"]
    assert {8000, 16000, 44100, 192000} <= set(found["quiet"]["rates_hz"])  # type: ignore[call-overload]


def test_what_is_played_is_heard_also_after_the_server_was_killed(pulse: Pulse, begin: Begin, beep: Path) -> None:
    flow = begin(ONE.replace("DEVICE", "default"))
    assert flow.stdout is not None
    assert flow.stderr is not None
    until(flow.stderr.readline, "listening to 'default':")
    pulse.play(beep)
    before = tone_heard(flow.stdout)
    pulse.kill()
    until(flow.stderr.readline, "'default' is ")
    pulse.start()
    until(flow.stderr.readline, "listening to 'default' again")
    pulse.play(beep)
    after = tone_heard(flow.stdout)
    flow.send_signal(signal.SIGTERM)
    flow.communicate(timeout=20)
    assert flow.returncode == 0
    for heard in (before, after):
        assert len(heard) in (9, 10, 11)  # 1 s of whole windows, and what is left at the edges
        assert [level for _, level in heard[1:-1]] == pytest.approx([-20.0] * (len(heard) - 2), abs=0.2)
    assert after[0][0] - before[-1][0] > 3  # the time went on while nothing came


@pytest.mark.parametrize("pulse", [{"left": FORM, "other": FORM}], indirect=True)
def test_one_that_is_unplugged_is_lost_though_the_server_gives_the_sound_of_another(
    pulse: Pulse, begin: Begin, beep: Path
) -> None:
    """PulseAudio moves the recording to `other` at once."""
    flow = begin(ONE.replace("DEVICE", "left"))
    assert flow.stdout is not None
    assert flow.stderr is not None
    until(flow.stderr.readline, "listening to 'left':")
    pulse.remove("left")
    until(flow.stderr.readline, "'left' is lost: the sound server has put another source in its place")
    until(flow.stderr.readline, "'left' is missing")
    pulse.add("left")
    until(flow.stderr.readline, "listening to 'left' again")
    pulse.play(beep, "left")
    assert len(tone_heard(flow.stdout)) in (9, 10, 11)


@pytest.mark.parametrize("pulse", [{"left": FORM, "right": FORM, "wide": WIDE}], indirect=True)
def test_each_of_several_microphones_hears_its_own_by_name_pattern_number_and_channel(
    pulse: Pulse, begin: Begin, tmp_path: Path
) -> None:
    """At rates from 8 to 192 kHz of devices of 16 and 24 bit; a second channel is not in the first."""
    flow = begin(FOUR.replace("INDEX", str(devices(pulse)["wide"]["index"])))
    assert flow.stderr is not None
    for _ in range(4):
        until(flow.stderr.readline, "listening to")
    second = tone(1.0, 96000, -40, 2000)
    soundfile.write(tmp_path / "left.wav", tone(1.0, 16000, -20, 440), 16000, subtype="PCM_16")
    soundfile.write(tmp_path / "right.wav", tone(1.0, 16000, -30, 1000), 16000, subtype="PCM_16")
    soundfile.write(tmp_path / "wide.wav", np.stack([0 * second, second], axis=1), 96000, subtype="PCM_24")
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda name: pulse.play(tmp_path / f"{name}.wav", name), ("left", "right", "wide")))
    flow.send_signal(signal.SIGTERM)
    loudest: defaultdict[str, float] = defaultdict(lambda: -200.0)
    for line in flow.communicate(timeout=20)[0].splitlines():
        stream, _, level, _ = line.split()
        loudest[stream] = max(loudest[stream], float(level))
    assert loudest == pytest.approx({"left": -20.0, "right": -30.0, "first": -120.0, "second": -40.0}, abs=0.3)


def test_the_meter_shows_what_is_played(pulse: Pulse, beep: Path) -> None:
    command = [*FLOWRUN, "devices", "--meter", "quiet", "--seconds", "7", "--json"]
    meter = subprocess.Popen(command, env=pulse.environment, stdout=subprocess.PIPE, text=True)
    pulse.play(beep)
    lines = [json.loads(line) for line in meter.communicate(timeout=30)[0].splitlines()]
    assert lines[0]["state"] == "listening"
    peaks = [line["peak_dbfs"] for line in lines[1:]]
    assert max(peak for peak in peaks if peak is not None) == pytest.approx(-17.0, abs=0.1)
    assert not any(line["clipped"] for line in lines[1:])
    assert lines[1]["zeros"]
