"""What is in `deploy/` fits the program: options, ports, times."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from flowrun.operators.sinks.prometheus import prometheus
from flowrun.runtime.cli import parser
from flowrun.schemas.spec import spec_of

DEPLOY = Path(__file__).parents[1] / "deploy"
UNIT = (DEPLOY / "flowrun@.service").read_text("utf-8")
CONTAINER = (DEPLOY / "Containerfile").read_text("utf-8")


def setting(name: str) -> str:
    """Return the one value of *name* in the unit."""
    (value,) = re.findall(rf"^{name}=(.*)$", UNIT, re.M)
    return str(value)


def test_the_service_has_time_to_finish_what_is_under_way() -> None:
    options = parser().parse_args(["run", *shlex.split(setting("ExecStart"))[1:]])
    assert options.grace_s < float(setting("TimeoutStopSec"))
    assert (setting("Type"), setting("Restart")) == ("notify", "always")
    assert float(setting("WatchdogSec")) > 0


def test_the_container_is_asked_at_the_port_that_metrics_have() -> None:
    port = spec_of(prometheus).parameters["properties"]["port"]["default"]
    (exposed,) = re.findall(r"^EXPOSE (\d+)$", CONTAINER, re.M)
    (asked,) = re.findall(r"http://127\.0\.0\.1:(\d+)/ready", CONTAINER)
    assert exposed == asked == str(port)


def test_the_container_runs_a_flow_as_no_root() -> None:
    (command,) = re.findall(r"^CMD \[(.*)\]$", CONTAINER, re.M)
    parser().parse_args(["run", *re.findall(r'"([^"]*)"', command)])
    assert "USER flowrun" in CONTAINER


@pytest.mark.integration
@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_systemd_has_nothing_to_say_about_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "flowrun@glass.service"
    unit.write_text(UNIT.replace("/opt/flowrun/bin/flowrun", str(Path(sys.executable).with_name("flowrun"))))
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
