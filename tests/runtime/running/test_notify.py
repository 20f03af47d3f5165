"""systemd is told what sd_notify(3) asks for: ready when it is, alive only while it works, and the end."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flowrun.runtime.running.notify import Notifier
from flowrun.schemas.health import Health, State, Stats, StepHealth, StepState

LIMIT = {"WATCHDOG_USEC": "20000000"}


class Systemd:
    """The socket that systemd would listen at."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self.socket.settimeout(30)

    def heard(self) -> list[str]:
        """Return what has come and was not returned yet."""
        lines = []
        self.socket.setblocking(False)
        try:
            while True:
                lines.append(self.socket.recv(4096).decode())
        except BlockingIOError:
            return lines
        finally:
            self.socket.settimeout(30)

    def until(self, wanted: str) -> list[str]:
        """Wait for a message; return it and all before it."""
        lines: list[str] = []
        while not lines or not lines[-1].startswith(wanted):
            lines.append(self.socket.recv(4096).decode())
        return lines


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Systemd]:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "n"
    listening = Systemd(str(path) if len(str(path)) < 100 else f"@flowrun-test-{os.getpid()}")
    yield listening
    listening.socket.close()


class Told:
    """A notifier with a clock, and what it has told systemd."""

    def __init__(self, systemd: Systemd, environment: dict[str, str]) -> None:
        self.now = 0.0
        self._systemd = systemd
        self._notifier = Notifier({"NOTIFY_SOCKET": systemd.address, **environment}, lambda: self.now)

    def after(self, seconds: float, health: Health) -> list[str]:
        self.now += seconds
        self._notifier.update(health)
        return self._systemd.heard()


def run(mic: State, *, busy_s: float = 0.0, stopping: bool = False, message: str = "") -> Health:
    state = StepState(mic, message, datetime(2026, 1, 1, tzinfo=UTC))
    steps = {"mic": StepHealth(Stats(), live=True, state=state), "net": StepHealth(Stats(), busy_s=busy_s)}
    return Health("alert", steps, stopping=stopping)


def test_ready_is_told_once_and_only_when_all_sources_listen(systemd: Systemd) -> None:
    told = Told(systemd, LIMIT)
    missing = run("missing", message="'USB' is missing: no\nsuch device")
    assert told.after(0, missing) == [
        "STATUS=alert: mic: 'USB' is missing: no\\nsuch device",
        "EXTEND_TIMEOUT_USEC=20000000",  # waiting for a device may take as long as it takes
    ]
    assert told.after(1, run("listening")) == ["READY=1", "STATUS=alert: listening to mic"]
    assert told.after(1, run("lost")) == ["STATUS=alert: mic: lost"]
    assert told.after(1, run("listening")) == ["STATUS=alert: listening to mic"]


def test_the_sign_of_life_comes_at_half_the_time_while_the_run_works(
    systemd: Systemd, caplog: pytest.LogCaptureFixture
) -> None:
    told = Told(systemd, LIMIT)
    told.after(0, run("listening"))
    assert [len(told.after(1, run("listening"))) for _ in range(30)] == ([0] * 9 + [1]) * 3
    assert told.after(10, run("listening", busy_s=19.0)) == ["WATCHDOG=1"]
    assert told.after(10, run("listening", busy_s=29.0)) == []
    assert told.after(10, run("listening", busy_s=39.0)) == []
    assert [record.message for record in caplog.records] == ["step 'net' is stuck: nothing for 29 s"]
    assert told.after(10, run("listening")) == ["WATCHDOG=1"]


def test_a_device_that_is_missing_is_no_reason_to_be_killed(systemd: Systemd) -> None:
    told = Told(systemd, LIMIT)
    told.after(0, run("listening"))
    assert told.after(10, run("missing")) == ["STATUS=alert: mic: missing", "WATCHDOG=1"]


def test_a_start_that_hangs_gets_no_more_time(systemd: Systemd) -> None:
    told = Told(systemd, {})
    assert told.after(0, run("starting"))[-1] == "EXTEND_TIMEOUT_USEC=60000000"
    assert told.after(30, run("starting", busy_s=61.0)) == []


def test_the_end_is_told_once(systemd: Systemd) -> None:
    told = Told(systemd, LIMIT)
    told.after(0, run("listening"))
    assert told.after(1, run("listening", stopping=True)) == ["STOPPING=1", "STATUS=alert: stopping"]
    assert told.after(1, run("listening", stopping=True)) == []


def test_the_watchdog_of_another_process_is_not_ours(systemd: Systemd) -> None:
    told = Told(systemd, {**LIMIT, "WATCHDOG_PID": str(os.getpid() + 1)})
    told.after(0, run("listening"))
    assert told.after(10, run("listening")) == []


def test_abstract_sockets_are_found() -> None:
    systemd = Systemd(f"@flowrun-test-{os.getpid()}")
    assert Told(systemd, LIMIT).after(0, run("listening"))[0] == "READY=1"
    systemd.socket.close()


@pytest.mark.parametrize("address", ["", "vsock:2:1"])
def test_nobody_is_told_where_nobody_listens(address: str) -> None:
    assert not Notifier({"NOTIFY_SOCKET": address}).wanted


def test_a_socket_that_is_gone_is_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "flowrun.notify")
    Notifier({"NOTIFY_SOCKET": "/nowhere/notify"}).update(run("listening"))
    assert "cannot notify /nowhere/notify" in caplog.text


@pytest.fixture
def listening(systemd: Systemd, tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """A function that starts a flow which listens to a pipe, as a service."""
    flow = tmp_path / "pipe.yaml"
    flow.write_text(
        "steps:\n  in: {use: pipe, stall_s: 1}\n  level: {use: level, window_s: 0.01}\n  screen: {use: console}\n"
    )
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        environment = {**os.environ, "NOTIFY_SOCKET": systemd.address, "WATCHDOG_USEC": "1000000"}
        command = [sys.executable, "-m", "flowrun.runtime.cli", str(flow), "--quiet"]
        pipe = subprocess.PIPE
        started.append(subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, stderr=pipe))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.integration
def test_a_service_from_its_start_to_its_end(
    systemd: Systemd, listening: Callable[[], subprocess.Popen[bytes]]
) -> None:
    service = listening()
    assert "READY=1" not in systemd.until("EXTEND_TIMEOUT_USEC=1000000")
    assert service.stdin is not None
    service.stdin.write(bytes(32000))
    service.stdin.flush()
    systemd.until("READY=1")
    assert systemd.until("WATCHDOG=1")
    systemd.until("STATUS=pipe: in: 'pipe' is stalled: nothing came for 1 s")
    systemd.until("WATCHDOG=1")
    systemd.until("WATCHDOG=1")  # nothing comes, but it looks: no reason to be killed
    service.send_signal(signal.SIGTERM)
    systemd.until("STOPPING=1")
    assert service.wait(20) == 0


@pytest.mark.integration
def test_a_service_that_hangs_gives_no_sign_of_life(
    systemd: Systemd, listening: Callable[[], subprocess.Popen[bytes]]
) -> None:
    """Its standard output is a pipe that nobody reads: the screen cannot write, and its step is stuck."""
    service = listening()
    assert service.stdin is not None
    assert service.stderr is not None
    service.stdin.write(bytes(4_000_000))  # two minutes, in lines of 10 ms
    service.stdin.flush()
    while b"step 'screen' is stuck" not in (line := service.stderr.readline()):
        assert line, "it has ended"
    systemd.heard()
    systemd.socket.settimeout(2.0)
    with pytest.raises(TimeoutError):
        systemd.until("WATCHDOG=1")
