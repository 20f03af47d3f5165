"""The dashboard and the alert rules in `deploy/` are of metrics that there are, and the rules do what they say."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import generate_latest

from flowrun.operators.sinks._engine_metrics import EngineMetrics
from flowrun.operators.sinks._flow_metrics import FlowMetrics
from flowrun.schemas.health import Delivery, Health, Stats, StepHealth, StepState
from flowrun.schemas.ports import Event, Levels, Scores, Windows
from flowrun.schemas.run import Alone

DEPLOY = Path(__file__).parents[1] / "deploy"
BOARD = json.loads((DEPLOY / "grafana.json").read_text("utf-8"))
RULES = yaml.safe_load((DEPLOY / "alerts.yaml").read_text("utf-8"))["groups"][0]["rules"]
TESTS = yaml.safe_load((DEPLOY / "alerts.test.yaml").read_text("utf-8"))["tests"]
NAME = re.compile(r"\b(?:flowrun|process|up)(?:_\w+)?\b(?!\w*=)")
PROMTOOL = pytest.mark.skipif(
    not shutil.which("promtool"), reason="promtool is not installed: apt-get install prometheus"
)


def panels() -> list[dict[str, Any]]:
    """Return the panels that show something."""
    return [panel for panel in BOARD["panels"] if panel["type"] != "row"]


def queries() -> Iterator[str]:
    """Yield the queries of the dashboard."""
    for panel in panels():
        yield from (target["expr"] for target in panel["targets"])


def named(query: str) -> set[str]:
    """Return the metrics that *query* names."""
    bare = re.sub(r'"[^"]*"', '""', query)
    return set(NAME.findall(re.sub(r"\b(?:by|on) \([^)]*\)", "", bare))) - {"up"}  # which Prometheus makes itself


@pytest.fixture(scope="module")
def exposed() -> set[str]:
    """The names of all series that a run has, which listens and delivers."""

    class Watched(Alone):
        def health(self) -> Health:
            listening = StepState("listening", "", self.now())
            mic = StepHealth(Stats(), live=True, state=listening)
            return Health("f", {"mic": mic, "hook": StepHealth(Stats(), queue_size=64, delivery=Delivery())})

    registry, run = CollectorRegistry(), Watched()
    registry.register(EngineMetrics(run.health))
    ProcessCollector(registry=registry)
    flow = FlowMetrics(registry, run)
    at = Windows("mic", np.array([0.0]), 1.0, 1.0)
    flow.take(Event("1", "mic", "Glass", 0.5, 0.0, 1.0, run.now()))
    flow.take(Scores(at, np.array([[0.5]], np.float32), ("Glass",)))
    flow.take(Levels(at, np.array([-30.0], np.float32), "dBFS"))
    lines = generate_latest(registry).decode().splitlines()
    return {re.split(r"[{ ]", line)[0] for line in lines if not line.startswith("#")}


def test_the_dashboard_is_of_metrics_that_there_are(exposed: set[str]) -> None:
    assert {name for query in queries() for name in named(query)} <= exposed


def test_the_rules_are_of_metrics_that_there_are(exposed: set[str]) -> None:
    assert {name for rule in RULES for name in named(rule["expr"])} <= exposed


def test_what_is_lost_or_waits_is_on_the_dashboard_and_alerted_of(exposed: set[str]) -> None:
    telling = {
        name for name in exposed if re.search("lost_seconds_total|dropped|errors_total|backlog_events|dead", name)
    }
    assert len(telling) >= 6
    assert telling <= {name for query in queries() for name in named(query)}
    assert telling <= {name for rule in RULES for name in named(rule["expr"])}


def test_every_panel_has_a_place_of_its_own_and_says_what_it_shows() -> None:
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])
    assert all(panel["description"].endswith(".") for panel in panels())
    for one, other in combinations([panel["gridPos"] for panel in BOARD["panels"]], 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below


def test_every_query_is_of_the_machine_that_is_chosen_in_the_data_source_that_is_chosen() -> None:
    assert {variable["name"] for variable in BOARD["templating"]["list"]} == {"datasource", "instance"}
    assert all('instance=~"$instance"' in query for query in queries())
    assert {panel["datasource"]["uid"] for panel in panels()} == {"${datasource}"}


def test_every_rule_says_what_to_do_and_is_tested_to_fire_and_to_be_quiet() -> None:
    names = {rule["alert"] for rule in RULES}
    assert all({"summary", "action"} == set(rule["annotations"]) for rule in RULES)
    fires = {case["alertname"] for test in TESTS for case in test["alert_rule_test"] if "exp_alerts" in case}
    quiet = {case["alertname"] for case in TESTS[0]["alert_rule_test"] if "exp_alerts" not in case}
    assert fires == quiet == names


@pytest.mark.integration
@PROMTOOL
@pytest.mark.parametrize(
    "check", [["check", "rules", "alerts.yaml"], ["test", "rules", "alerts.test.yaml"]], ids=" ".join
)
def test_promtool_has_nothing_to_say_about_the_rules(check: list[str]) -> None:
    done = subprocess.run(["promtool", *check], cwd=DEPLOY, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.integration
@PROMTOOL
def test_every_query_of_the_dashboard_is_promql(tmp_path: Path) -> None:
    filled = [query.replace("$__rate_interval", "5m").replace("$instance", ".*") for query in queries()]
    rules = [{"record": f"panel:{i}", "expr": query} for i, query in enumerate(filled)]
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    command = ["promtool", "check", "rules", str(tmp_path / "rules.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
