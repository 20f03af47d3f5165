"""`web` serves its page for as long as the flow runs, keeps its events, and never is what a flow fails on."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile
from reactivex.subject import Subject
from websockets.sync.client import connect

from flowrun.models.history.history import History, history_file
from flowrun.operators.sinks.web import web
from flowrun.schemas.errors import DeliveryError
from flowrun.schemas.ports import Failed
from flowrun.schemas.run import Alone
from tests.served_page import ServedPage, event, message, sound

FEED = """
import sys, time
samples = open(sys.argv[1], "rb").read()
began = time.monotonic()
for i in range(10_000):
    sys.stdout.buffer.write(samples)
    sys.stdout.buffer.flush()
    time.sleep(max(0.0, began + (i + 1) * len(samples) / 32000 - time.monotonic()))
"""


def test_the_page_is_there_until_the_flow_ends() -> None:
    page = ServedPage()
    assert page.run.states == [("working", f"the page is at {page.url}")]
    assert page.ask("/").status == 200
    page.close()
    with pytest.raises(ConnectionRefusedError):
        page.ask("/")


def test_a_flow_that_fails_lets_go_of_the_port() -> None:
    page = ServedPage()
    page.items.on_error(error := RuntimeError("a step failed"))
    assert page.failures == [error]
    with pytest.raises(ConnectionRefusedError):
        page.ask("/")


def test_a_port_in_use_is_told_at_the_start() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        failed: list[Exception] = []
        web(Subject(), port=port, run=Alone()).subscribe(on_error=failed.append)
    assert isinstance(failed[0], DeliveryError)
    assert str(failed[0]).startswith(f"port {port} of 127.0.0.1 is in use: choose another with `port`")


def test_events_outlive_the_run() -> None:
    run = Alone("page")
    first = ServedPage(run)
    first.put(event())
    first.change("events/1/verdict", {"verdict": "right"})
    first.close()
    second = ServedPage(run)
    assert second.get("events")["events"][0]["verdict"] == "right"
    second.close()


def test_a_damaged_history_is_set_aside() -> None:
    run = Alone("page")
    file = history_file(run.state_folder, "")
    file.parent.mkdir(parents=True)
    file.write_bytes(b"\0" * 5000)
    page = ServedPage(run)
    page.put(event())
    assert page.get("events")["total"] == 1
    assert "damaged" in run.warnings[0]
    assert len(list(file.parent.glob("*.damaged-*"))) == 1
    page.close()


def test_a_full_disk_is_a_state_and_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told once when it begins, and once when it is over."""
    page = ServedPage()
    add = History.add

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(History, "add", full)
    page.put(event("1"), event("2"))
    monkeypatch.setattr(History, "add", add)
    page.put(event("3"), event("4"))
    assert page.failures == []
    assert [state for state, _ in page.run.states] == ["working", "failing", "working"]
    assert page.get("events")["total"] == 2
    page.close()


def test_an_item_that_cannot_be_shown_concerns_itself_alone() -> None:
    page = ServedPage()
    page.put(event(label=None))  # type: ignore[arg-type]
    page.put(event("2"))
    (failed,) = page.failures
    assert isinstance(failed, Failed)
    assert page.get("events")["total"] == 1
    page.close()


# The whole of it


@pytest.fixture
def live(tmp_path: Path) -> Iterator[str]:
    """The address of the page of `flowrun FLOW --web`, a process that listens to a second of a tone, over and over."""
    (tmp_path / "feed.py").write_text(FEED)
    soundfile.write(tmp_path / "tone.raw", sound(0, 16000).samples, 16000, format="RAW", subtype="PCM_16")
    steps = "  mic: {use: pipe, rate_hz: 16000}\n  level: {use: level, window_s: 0.5}\n"
    (tmp_path / "listen.yaml").write_text(f"steps:\n{steps}")
    feed = subprocess.Popen([sys.executable, "feed.py", "tone.raw"], cwd=tmp_path, stdout=subprocess.PIPE)
    command = [sys.executable, "-m", "flowrun.runtime.cli", "listen.yaml", "--web", "0"]
    environment = os.environ | {"FLOWRUN_STATE": str(tmp_path / "state")}
    flow = subprocess.Popen(
        command, cwd=tmp_path, stdin=feed.stdout, stderr=subprocess.PIPE, env=environment, text=True
    )
    assert flow.stderr is not None
    told = ""
    while "step 'mic': listening" not in told:
        line = flow.stderr.readline()
        assert line, f"it ended: {told}"
        told += line
    yield re.findall(r"the page is at http://(\S+)", told)[0]
    flow.send_signal(signal.SIGINT)
    assert flow.wait(20) == 0
    flow.stderr.close()
    feed.kill()
    feed.wait()
    assert feed.stdout is not None
    feed.stdout.close()


@pytest.mark.integration
def test_what_a_flow_has_done_stays_to_be_looked_at_until_it_is_ended(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "tone.wav", sound(0, 16000).samples, 16000)
    (tmp_path / "once.yaml").write_text("steps:\n  file: {use: audio_file, path: tone.wav}\n  level: {use: level}\n")
    command = [sys.executable, "-m", "flowrun.runtime.cli", "once.yaml", "--web", "0", "--json"]
    environment = os.environ | {"FLOWRUN_STATE": str(tmp_path / "state")}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    flow: subprocess.Popen[str] = subprocess.Popen(command, cwd=tmp_path, env=environment, text=True, **pipes)  # type: ignore[call-overload]
    assert flow.stderr is not None
    told = ""
    while "the page stays" not in told:
        line = flow.stderr.readline()
        assert line, f"it ended: {told}"
        told += line
    (address,) = re.findall(r"the page is at (http://\S+)", told)
    with urllib.request.urlopen(f"{address}/api/v1/state", timeout=10) as answer:
        assert json.load(answer)["ended"]
    flow.send_signal(signal.SIGINT)
    summary, _ = flow.communicate(timeout=20)
    assert flow.returncode == 0
    assert json.loads(summary)["audio_seconds"] == 1.0


@pytest.mark.integration
def test_a_flow_shows_itself_on_request(live: str) -> None:
    with connect(f"ws://{live}/api/v1/live", compression=None) as browser:
        assert abs(message(browser, "audio")["peak_db"] + 6) < 0.2
        assert message(browser, "level")["unit"] == "dBFS"
    with urllib.request.urlopen(f"http://{live}/api/v1/state", timeout=10) as answer:
        state = json.load(answer)
    assert state["ready"]
    (stream,) = state["streams"]
    assert (stream["name"], stream["step"], stream["state"]) == ("pipe", "mic", "listening")
