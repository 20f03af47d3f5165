"""`network_stream` is supervised as a microphone is, and tells nobody the password."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Timer

import pytest
import soundfile

from flowrun.operators.sources.network_stream import network_stream
from flowrun.runtime.language.interpolate import Secret
from flowrun.schemas.errors import FlowrunError
from flowrun.schemas.health import State
from flowrun.schemas.run import Alone
from flowrun.schemas.spec import spec_of
from flowrun.schemas.stream_info import Mismatch
from tests.pulse import until
from tests.radio import PASSWORD, TOKEN, USER, Server, camera, radio

integration = [
    pytest.mark.integration,
    pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg is not installed"),
]
FLOWRUN = [sys.executable, "-m", "flowrun.runtime.cli"]
SCENE = Path(__file__).parents[3] / "flows" / "samples" / "scene.flac"  # glass breaks in it, once
GLASS = """
steps:
  in:     {use: network_stream, url: "URL", stall_s: 10}
  scores: {use: recognise, hop_s: 0.24}
  hits:   {use: threshold, labels: {Glass: 0.2}, include_children: true}
  alerts: {use: debounce, min_hits: 2, hold_s: 2, cooldown_s: 10, emit: start}
  screen: {use: console}
"""
LEVEL = """
steps:
  in:     {use: network_stream, url: "URL", stall_s: 10}
  level:  {use: level, window_s: 0.5}
  screen: {use: console}
"""


def info(**options: object) -> str:
    usual = {"rate_hz": 16000, "stream": None, "block_s": 0.25}
    return str(spec_of(network_stream).info(**{**usual, **options}).stream)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("-i", "no scheme"),
        ("/etc/passwd", "no scheme"),
        ("file:///etc/passwd", "its scheme is 'file'"),
        ("concat:a|b", "no scheme"),
        ("rtsp://", "no host"),
        ("rtsp://host:port/", "cannot be read"),
        ("http://host/a b", "blank"),
        ("http://u:s3kret/x@host/", "must be written as %40"),
        ("http://u:1#s3kret@host/", "must be written as %40"),
    ],
)
def test_what_is_no_address_of_a_stream_is_refused_without_showing_it(url: str, why: str) -> None:
    with pytest.raises(Mismatch, match=why) as refused:
        info(url=url)
    assert "s3kret" not in str(refused.value) + refused.value.remedy


def test_a_stream_is_named_by_what_of_its_address_may_be_shown() -> None:
    url = f"rtsp://{USER}:{PASSWORD}@camera.lan/1?token={TOKEN}&channel=2"
    assert info(url=url) == "rtsp://camera.lan/1?token=***&channel=2"
    assert info(url=Secret(url)) == "rtsp://camera.lan/***"
    assert info(url=url, stream="yard") == "yard"


def test_ffmpeg_that_is_missing_is_said_before_anything_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(FlowrunError, match="needs the program ffmpeg: apt-get install ffmpeg"):
        network_stream(url="http://127.0.0.1/", run=Alone())


def program(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Put a shell script in the place of ffmpeg."""
    path = folder / "ffmpeg"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("echo 'http://u:pw1@h/?k=abc: Connection refused' >&2; exit 1", "missing: Connection refused"),
        ("echo '[http @ 0x1f] no host u:pw1@h, key abc' >&2; exit 1", "missing: no host u:***@h, key ***"),
        ("head -c 64000 /dev/urandom", "lost: the other side has ended it; it is opened again"),
        ("head -c 64000 /dev/urandom; echo 'I/O error' >&2; exit 1", "lost: I/O error; it is opened again"),
        ("echo 'input channel not available from input layout' >&2", "missing: it has no channel 2"),
    ],
)
def test_why_it_ends_is_what_ffmpeg_says_last_without_secrets(
    script: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, monkeypatch, script)

    class Once(Alone):
        def state(self, state: State, message: str) -> None:
            super().state(state, message)
            if state != "listening":
                self.stopping.set()

    run = Once()
    network_stream(url="http://u:pw1@h/?k=abc", channel=2, run=run).subscribe().dispose()
    assert run.states[-1][1] == f"'http://h/?k=***' is {told}"


# With ffmpeg, and servers of ours


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server of the kind that the test is given, playing the scene."""
    sound, rate_hz = soundfile.read(SCENE, dtype="float32")
    assert rate_hz == 16000
    serving: Server = request.param(sound)
    serving.start()
    yield serving
    serving.stop()


Begin = Callable[[str, str], "subprocess.Popen[str]"]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """A function that starts a flow on an address."""
    flows: list[subprocess.Popen[str]] = []
    timers: list[Timer] = []

    def beginning(text: str, url: str) -> subprocess.Popen[str]:
        (tmp_path / "flow.yaml").write_text(text.replace("URL", url))
        command = [*FLOWRUN, "flow.yaml", "--json"]
        flow = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        flows.append(flow)
        timers.append(Timer(60, flow.kill))
        timers[-1].start()
        return flow

    yield beginning
    for flow, timer in zip(flows, timers, strict=True):
        timer.cancel()
        flow.kill()
        flow.communicate()


def address(server: Server, scheme: str) -> str:
    return f"{scheme}://{USER}:{PASSWORD}@127.0.0.1:{server.port}/live?token={TOKEN}"


@pytest.mark.parametrize(
    ("server", "scheme"),
    [
        pytest.param(radio, "http", marks=integration, id="http"),
        pytest.param(camera, "rtsp", marks=integration, id="rtsp"),
    ],
    indirect=["server"],
)
def test_what_is_sent_is_recognised_also_after_the_server_was_cut(server: Server, scheme: str, begin: Begin) -> None:
    flow = begin(GLASS, address(server, scheme))
    assert flow.stdout is not None
    assert flow.stderr is not None
    said = [until(flow.stderr.readline, "listening to"), until(flow.stdout.readline, "Glass")]
    server.stop()
    said += [until(flow.stderr.readline, "is lost"), until(flow.stderr.readline, "is missing: Connection refused")]
    server.start()
    said += [until(flow.stderr.readline, "again, after"), until(flow.stdout.readline, "Glass")]
    flow.send_signal(signal.SIGTERM)
    out, error = flow.communicate(timeout=20)
    assert flow.returncode == 0
    summary = json.loads(out[out.index("{") :])
    assert summary["steps"]["in"]["gaps"] == 1
    assert 0 < summary["steps"]["in"]["lost_s"] < 20
    everything = "".join(said) + out + error
    assert f"{scheme}://127.0.0.1:{server.port}/live?token=***" in everything
    assert not [secret for secret in (USER, PASSWORD, TOKEN) if secret in everything]


@pytest.mark.parametrize("server", [pytest.param(radio, marks=integration)], indirect=True)
def test_a_wrong_password_is_told_without_it(server: Server, begin: Begin) -> None:
    flow = begin(LEVEL, address(server, "http").replace(PASSWORD, "wr0ng-pass"))
    assert flow.stderr is not None
    line = until(flow.stderr.readline, "is missing")
    flow.send_signal(signal.SIGTERM)
    assert "401 Unauthorized" in line
    assert "wr0ng-pass" not in line + "".join(flow.communicate(timeout=20))
