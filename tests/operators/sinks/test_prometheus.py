"""`prometheus` serves what the run and the flow did, and says whether it is ready and alive."""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from reactivex.subject import Subject

from flowrun.operators.sinks.prometheus import prometheus
from flowrun.schemas.errors import DeliveryError
from flowrun.schemas.health import Delivery, Health, State, Stats, StepHealth, StepState
from flowrun.schemas.ports import Audio, Event, Levels, Scores, StreamEnd, Windows
from flowrun.schemas.run import Alone

LABELS = tuple(f"Class {i}" for i in range(150))


class Watched(Alone):
    """A run with a live source, whose health the test decides."""

    def __init__(self) -> None:
        super().__init__("metrics")
        self.mic: State = "listening"
        self.busy_s = 0.0
        self.stats = Stats(items_out=7, audio_s=1.5, gaps=1, lost_samples=800, lost_s=0.05)

    def health(self) -> Health:
        mic = StepHealth(self.stats, live=True, state=StepState(self.mic, "secret", self.now()), busy_s=self.busy_s)
        sent = Delivery(waiting=4, waiting_bytes=800, sent=9, dropped=6, dead=5)
        sink = StepHealth(Stats(items_in=5, dropped=2, errors=1), waiting=3, queue_size=64, delivery=sent)
        return Health("alert", {"mic": mic, "metrics": sink})


class Serving:
    """The operator under way, and its pages."""

    def __init__(self) -> None:
        self.run = Watched()
        self.items: Subject[Any] = Subject()
        self.given: list[Any] = []
        prometheus(self.items, port=0, stuck_s=60, run=self.run).subscribe(self.given.append)
        ((_, told),) = self.run.states
        self.url = told.removeprefix("metrics are at ").removesuffix("/metrics")

    @property
    def address(self) -> tuple[str, int]:
        host, _, port = self.url.removeprefix("http://").partition(":")
        return host, int(port)

    def get(self, path: str, accept: str = "", method: str = "GET") -> tuple[int, str, str]:
        connection = http.client.HTTPConnection(*self.address, timeout=10)
        connection.request(method, path, headers={"Accept": accept})
        answer = connection.getresponse()
        result = answer.status, answer.headers["Content-Type"], answer.read().decode()
        connection.close()
        return result

    def values(self) -> dict[str, float]:
        """Return the value of each series."""
        lines = self.get("/metrics")[2].splitlines()
        rows = (line.rpartition(" ") for line in lines if not line.startswith("#"))
        return {name: float(value) for name, _, value in rows}


@pytest.fixture
def serving() -> Iterator[Serving]:
    """The operator, served."""
    operator = Serving()
    yield operator
    operator.items.on_completed()


def at(*starts: float) -> Windows:
    return Windows("mic", np.array(starts), 1.0, 0.5)


def scores(*best: int) -> Scores:
    values = np.full((len(best), len(LABELS)), 0.01, np.float32)
    values[np.arange(len(best)), best] = 0.75
    return Scores(at(*range(len(best))), values, LABELS)


def event(label: str, seconds_ago: float = 0.0, **more: Any) -> Event:
    heard_at = Alone().now() - timedelta(seconds=seconds_ago)
    return Event("1", "mic", label, 0.9, 10.0, 11.0, heard_at, **more)


def test_the_metrics_of_the_run_are_those_of_the_moment(serving: Serving) -> None:
    serving.run.stats.items_out = 8
    values = serving.values()
    expected = {
        'flowrun_step_items_out_total{step="mic"}': 8,
        'flowrun_step_items_in_total{step="metrics"}': 5,
        'flowrun_step_dropped_items_total{step="metrics"}': 2,
        'flowrun_step_errors_total{step="metrics"}': 1,
        'flowrun_step_queue_items{step="metrics"}': 3,
        'flowrun_step_queue_size{step="metrics"}': 64,
        'flowrun_outbox_backlog_events{step="metrics"}': 4,
        'flowrun_outbox_backlog_bytes{step="metrics"}': 800,
        'flowrun_outbox_sent_events_total{step="metrics"}': 9,
        'flowrun_outbox_dropped_events_total{step="metrics"}': 6,
        'flowrun_outbox_dead_events{step="metrics"}': 5,
        'flowrun_source_audio_seconds_total{step="mic"}': 1.5,
        'flowrun_source_gaps_total{step="mic"}': 1,
        'flowrun_source_lost_samples_total{step="mic"}': 800,
        'flowrun_source_lost_seconds_total{step="mic"}': 0.05,
        'flowrun_step_state{flowrun_step_state="listening",step="mic"}': 1,
        'flowrun_step_state{flowrun_step_state="lost",step="mic"}': 0,
        'flowrun_flow_info{flow="alert"}': 1,
        "flowrun_ready": 1,
    }
    assert {name: values[name] for name in expected} == expected
    assert not [name for name in values if "source" in name and 'step="metrics"' in name]


def test_events_are_counted_by_label_and_their_delay_is_measured(serving: Serving) -> None:
    serving.items.on_next(event("Glass", seconds_ago=1.25))  # it lasted 1 s, so its last window ended 0.25 s ago
    serving.items.on_next(event("Glass"))
    serving.items.on_next(event("Dog"))
    values = serving.values()
    assert values['flowrun_events_total{label="Glass",stream="mic"}'] == 2
    assert values['flowrun_events_total{label="Dog",stream="mic"}'] == 1
    assert values['flowrun_event_arrival_timestamp_seconds{label="Dog",stream="mic"}'] == Alone().now().timestamp()
    assert values['flowrun_event_delay_seconds_bucket{le="0.2"}'] == 2
    assert values['flowrun_event_delay_seconds_bucket{le="0.3"}'] == 3
    assert values["flowrun_event_delay_seconds_sum"] == pytest.approx(0.25)


def test_scores_are_those_of_the_last_window_for_what_was_ever_the_best(serving: Serving) -> None:
    serving.items.on_next(scores(3, 5))
    serving.items.on_next(scores(7))
    shown = {name: value for name, value in serving.values().items() if name.startswith("flowrun_score_ratio")}
    assert shown == {
        f'flowrun_score_ratio{{label="Class {i}",stream="mic"}}': pytest.approx(value)
        for i, value in ((3, 0.01), (5, 0.01), (7, 0.75))
    }


def test_levels_and_audio_have_a_level(serving: Serving) -> None:
    serving.items.on_next(Levels(at(0, 1), np.array([-30, -20], np.float32), "dBFS(A)"))
    serving.items.on_next(Audio(np.full(100, 0.1, np.float32), 16000, "mic"))
    values = serving.values()
    assert values['flowrun_level_dbfs{stream="mic",weighting="A"}'] == -20
    assert values['flowrun_level_dbfs{stream="mic",weighting="none"}'] == pytest.approx(-20, abs=1e-4)


def test_a_stream_that_has_ended_shows_nothing_of_the_last_window(serving: Serving) -> None:
    serving.items.on_next(scores(3))
    serving.items.on_next(Levels(at(0), np.array([-30], np.float32), "dBFS"))
    serving.items.on_next(StreamEnd("mic"))
    assert not [name for name in serving.values() if name.startswith(("flowrun_score", "flowrun_level"))]


def test_there_are_never_more_than_a_hundred_series_of_a_kind(serving: Serving) -> None:
    for i, label in enumerate(LABELS):
        serving.items.on_next(event(label))
        serving.items.on_next(scores(i))
    values = serving.values()
    assert len([name for name in values if name.startswith("flowrun_score_ratio")]) == 100
    assert len([name for name in values if name.startswith("flowrun_events_total")]) == 101
    assert values['flowrun_events_total{label="other",stream="other"}'] == 50


def test_openmetrics_is_given_where_it_is_asked_for(serving: Serving) -> None:
    _, kind, text = serving.get("/metrics", "application/openmetrics-text;version=1.0.0")
    assert kind.startswith("application/openmetrics-text")
    assert "# TYPE flowrun_step_state stateset\n" in text
    assert text.endswith("# EOF\n")
    assert serving.get("/metrics")[1].startswith("text/plain; version=0.0.4")


def test_ready_is_a_status_and_the_states(serving: Serving) -> None:
    status, kind, text = serving.get("/ready")
    assert (status, kind) == (200, "application/json; charset=utf-8")
    mic = {"state": "listening", "since": "2026-01-01T00:00:00.000Z"}
    assert json.loads(text) == {"ready": True, "flow": "alert", "steps": {"mic": mic}}
    serving.run.mic = "missing"
    status, _, text = serving.get("/ready")
    assert (status, json.loads(text)["steps"]["mic"]["state"]) == (503, "missing")
    assert "secret" not in text
    assert serving.values()["flowrun_ready"] == 0


def test_healthz_names_what_is_stuck(serving: Serving) -> None:
    serving.run.mic = "missing"  # which is no reason to be ended
    assert serving.get("/healthz")[0] == 200
    serving.run.busy_s = 61.0
    status, _, text = serving.get("/healthz")
    assert (status, json.loads(text)) == (503, {"stuck": {"mic": {"for_s": 61.0}}})


def test_another_path_is_told_which_there_are(serving: Serving) -> None:
    assert serving.get("/?x=1")[::2] == (404, "There are:\n/metrics\n/ready\n/healthz\n")
    assert serving.get("/ready", method="HEAD")[::2] == (200, "")


def test_clients_that_say_nothing_hold_nobody_up(serving: Serving) -> None:
    idle = [socket.create_connection(serving.address, timeout=10) for _ in range(40)]
    assert serving.get("/ready")[0] == 200
    assert idle[0].recv(1) == b""  # the oldest were hung up on
    for client in idle:
        client.close()


def test_a_port_that_is_in_use_is_one_line(serving: Serving) -> None:
    errors: list[Exception] = []
    port = serving.address[1]
    prometheus(Subject(), port=port, run=Alone()).subscribe(on_error=errors.append)
    (error,) = errors
    assert isinstance(error, DeliveryError)
    assert str(error).startswith(f"port {port} of 127.0.0.1 is in use: choose another with `port`")


def test_a_host_that_is_not_ours_is_one_line() -> None:
    errors: list[Exception] = []
    prometheus(Subject(), host="192.0.2.1", port=0, run=Alone()).subscribe(on_error=errors.append)
    assert str(errors[0]) == "cannot listen at port 0 of 192.0.2.1: Cannot assign requested address"


def test_the_port_is_free_again_at_the_end(serving: Serving) -> None:
    serving.items.on_completed()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(serving.address, timeout=10)


# A real Prometheus


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.integration
@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
def test_promtool_has_nothing_to_say(serving: Serving) -> None:
    for item in (event("Glass"), scores(3), Levels(at(0), np.array([-30], np.float32), "dBFS")):
        serving.items.on_next(item)
    text = serving.get("/metrics")[2]
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.fixture
def flow(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A flow that listens to a pipe, and the port of its metrics."""
    port = free_port()
    path = tmp_path / "watched.yaml"
    path.write_text(
        "steps:\n  mic: {use: pipe}\n  level: {use: level, window_s: 1}\n"
        f"  metrics: {{use: prometheus, port: {port}, queue: {{size: 1000, when_full: block}}}}\n"
    )
    command = [sys.executable, "-m", "flowrun.runtime.cli", str(path), "--quiet"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    yield process, port
    process.kill()
    process.communicate()


@pytest.fixture
def ask(flow: tuple[Any, int], tmp_path: Path) -> Iterator[Callable[[str, str], None]]:
    """A function that asks a real Prometheus until it gives an answer: PromQL, and the value."""
    port = free_port()
    config = tmp_path / "prometheus.yml"
    config.write_text(
        "global: {scrape_interval: 200ms}\nscrape_configs:\n"
        f"  - job_name: flowrun\n    static_configs: [{{targets: ['127.0.0.1:{flow[1]}']}}]\n"
    )
    options = [
        f"--config.file={config}",
        f"--storage.tsdb.path={tmp_path}/data",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    server = subprocess.Popen(["prometheus", *options], stderr=subprocess.DEVNULL)

    def asked(query: str, value: str) -> None:
        url = f"http://127.0.0.1:{port}/api/v1/query?" + urllib.parse.urlencode({"query": query})
        deadline, answer = time.monotonic() + 60, None
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(url, timeout=10) as response:
                    answer = json.load(response)["data"]["result"]
            except OSError as error:
                answer = str(error)
            else:
                if [one["value"][1] for one in answer] == [value]:
                    return
        raise AssertionError(f"{query}: {value} did not come, but {answer}")

    yield asked
    server.terminate()
    server.wait(20)


@pytest.mark.integration
@pytest.mark.skipif(not shutil.which("prometheus"), reason="prometheus is not installed")
def test_a_real_prometheus_scrapes_and_answers(flow: tuple[Any, int], ask: Callable[[str, str], None]) -> None:
    process, _ = flow
    ask("up", "1")
    ask("flowrun_ready", "0")  # nothing has come yet
    process.stdin.write(bytes(5 * 32000))
    process.stdin.flush()
    ask("flowrun_ready", "1")
    ask("floor(sum(flowrun_source_audio_seconds_total))", "4")  # 20 whole blocks are 4.8 s
    ask("flowrun_level_dbfs", "-120")
    ask('flowrun_step_state{step="mic",flowrun_step_state="listening"}', "1")
    process.send_signal(15)
    assert process.wait(20) == 0
