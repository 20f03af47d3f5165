"""`flowrun check` tells what the lints find and how late events can be; `flowrun FLOW` heeds the lints too."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flowrun import flows
from flowrun.runtime import cli
from flowrun.runtime.commands.terminal import PLAIN, YELLOW
from flowrun.runtime.language.load import load
from flowrun.runtime.linting import lint
from flowrun.schemas.delay import Delay

Capsys = pytest.CaptureFixture[str]
SCENE = Path(flows.__file__).parent / "samples" / "scene.flac"
SHIPPED = sorted(Path(flows.__file__).parent.glob("*.yaml"))
FLOW = """steps:
  mic:    {use: pipe, block_s: 0.24}
  scores: {use: recognise, hop_s: 0.24}
  hits:   {use: threshold, labels: {Glass: 0.3, Dog: 0.3}}
  mine:   {use: suppress, labels: {Dog: [Glass]}}
  alerts: {use: debounce, min_hits: 2, emit: start}
"""
NEVER_DOG = ("labels: {Glass: 0.3, Dog: 0.3}", "labels: {Glass: 0.3, Dog: 0}")
NEVER = (NEVER_DOG[0], "labels: {Dog: 0, Glass: 0}")
DELAY = (
    "  alerts: an event at most 1.70 s after its sound begins: 0.24 block + 0.015 rest of the last frame"
    " + 0.24 until the next window + 0.96 window + 0.24 for 1 more"
)


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., str]:
    """A function that writes the flow, with a text replaced, and returns its path."""

    def write(old: str = "", new: str = "") -> str:
        path = tmp_path / "flow.yaml"
        path.write_text(FLOW.replace(old, new) if old else FLOW)
        return str(path)

    return write


def check(capsys: Capsys, *words: str) -> tuple[int, list[str]]:
    return cli.main(["check", *words]), capsys.readouterr().out.splitlines()


def test_a_live_flow_is_told_how_late_its_events_can_be(written: Callable[..., str], capsys: Capsys) -> None:
    path = written()
    assert check(capsys, path) == (0, [f"{path}: ok", DELAY])


def test_a_warning_does_not_fail_unless_it_is_to(written: Callable[..., str], capsys: Capsys) -> None:
    path = written(*NEVER_DOG)
    status, (warning, *others) = check(capsys, path)
    assert status == 0
    assert warning.startswith(f"{path}:4:54: warning: step 'hits': 'Dog' is active in silence too")
    assert warning.endswith("choose a threshold, or an `off`, over 0 [never-ends]")
    assert others == [f"{path}: ok", DELAY, "1 warning in 1 flow"]
    assert check(capsys, path, "--strict") == (2, [warning, DELAY, "1 warning in 1 flow"])


def test_a_flow_that_can_never_raise_an_event_is_wrong(written: Callable[..., str], capsys: Capsys) -> None:
    path = written("emit: start", "emit: end")
    Path(path).write_text(Path(path).read_text().replace(*NEVER))
    status, lines = check(capsys, path)
    assert status == 2
    (problem, total) = lines
    assert problem.startswith(f"{path}:5:41: error: step 'mine': no hit of 'Dog' ever passes: 'Glass' would be heard")
    assert total == "1 problem in 1 flow"
    assert cli.main(["run", path]) == 2
    assert "[never-fires]" in capsys.readouterr().err


def test_json_has_the_severity_and_the_delay(written: Callable[..., str], capsys: Capsys) -> None:
    path = written(*NEVER_DOG)
    assert cli.main(["check", path, "--json"]) == 0
    data: dict[str, Any] = json.loads(capsys.readouterr().out)
    ((problem,), (delay,)) = data["problems"], data["delays"]
    assert (problem["severity"], problem["rule"], problem["line"]) == ("warning", "never-ends", 4)
    assert (delay["file"], delay["step"], delay["since"]) == (path, "alerts", "its sound begins")
    assert delay["at_most_s"] == pytest.approx(1.695)
    assert sum(part["seconds"] for part in delay["parts"]) == pytest.approx(1.695)


def test_a_warning_has_a_colour_of_its_own(
    written: Callable[..., str], capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowrun.runtime.commands.terminal.coloured", lambda out: True)
    _, lines = check(capsys, written(*NEVER_DOG))
    assert f"{YELLOW}warning{PLAIN}: step 'hits'" in lines[0]


def test_a_run_logs_the_warnings_once(tmp_path: Path, capsys: Capsys) -> None:
    path = tmp_path / "flow.yaml"
    path.write_text(f"""steps:
  file:   {{use: audio_file, path: {SCENE}}}
  scores: {{use: recognise, hop_s: 2}}
  hits:   {{use: threshold, labels: {{Glass: 0.3}}}}
  alerts: {{use: debounce}}
""")
    assert cli.main(["run", str(path), "--quiet"]) == 0
    (told,) = capsys.readouterr().err.splitlines()
    assert f" WARNING {path}:5:11: step 'alerts': one sound of 'Glass' makes many events" in told


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_our_own_flows_are_without_fault(path: Path) -> None:
    assert lint(load(path, paths=False)) == []


def test_a_delay_that_nothing_adds_to_is_the_same() -> None:
    delay = Delay.of_blocks(0.24)
    assert delay.later("hold_s", 0.0) is delay
    assert delay.later("hold_s", 2.0).late_s == pytest.approx(2.24)
