"""`flowrun explain` tells for each window why there was an event, or none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from flowrun import flows
from flowrun.runtime import cli
from flowrun.runtime.commands.terminal import PLAIN

Capsys = pytest.CaptureFixture[str]
SCENE = str(
    Path(flows.__file__).parent / "samples" / "scene.flac"
)  # speech, breaking glass from 4 s, a siren from 6.5 s
FLOW = """
vars: {hold_s: 0}
steps:
  file:   {use: audio_file, path: not-there.wav}
  scores: {use: recognise, model: listener}
  hits:   {use: threshold, labels: {Glass: 0.3, Siren: 0.3, Speech: 0.3}}
  mine:   {use: suppress, labels: {Glass: [Speech]}, hold_s: $hold_s}
  alerts: {use: debounce, min_hits: 2, hold_s: 0.5, cooldown_s: {Glass: 30}}
  night:  {use: quiet_hours, hours: ["00:00-00:01"], zone: UTC, labels: [Siren]}
  screen: {use: console}
"""


def flowrun(*words: str) -> int:
    try:
        return cli.main(["explain", *words])
    except SystemExit as left:
        return int(left.code or 0)


@pytest.fixture
def flow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A flow in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    Path("alerts.yaml").write_text(FLOW)
    return "alerts.yaml"


def explained(capsys: Capsys, *words: str) -> dict[str, Any]:
    assert flowrun(*words, "--play", SCENE, "--json") == 0
    (told,) = json.loads(capsys.readouterr().out)
    return dict(told)


def verdicts(told: dict[str, Any], label: str) -> list[str]:
    return [w["verdict"] for w in told["windows"] if w["label"] == label and w["score"] >= w["threshold"]]


def test_each_window_has_what_was_heard_its_threshold_its_count_and_why(flow: str, capsys: Capsys) -> None:
    told = explained(capsys, flow)
    starts = sorted({w["start_s"] for w in told["windows"]})
    np.testing.assert_allclose(np.diff(starts), 0.48)  # none is left out
    first = told["windows"][0]
    assert (first["heard"]["label"], first["threshold"], first["why"]) == ("Speech", 0.3, "below the threshold")
    glass = verdicts(told, "Glass")
    assert glass[:2] == ["counted", "begins"]
    assert set(glass[2:]) == {"goes on"}
    counted = next(w for w in told["windows"] if w["verdict"] == "counted")
    assert counted["why"] == "1 of 2 hits in 2 windows: too few yet"


def test_an_event_that_a_later_step_drops_names_that_step(flow: str, capsys: Capsys) -> None:
    events = explained(capsys, flow)["events"]
    assert {e["label"]: e["withheld_by"] for e in events} == {"Glass": None, "Siren": "night"}


def test_a_hit_that_another_label_suppressed_says_so(flow: str, capsys: Capsys) -> None:
    told = explained(capsys, flow, "--set", "vars.hold_s=5")
    assert set(verdicts(told, "Glass")) == {"miss"}
    assert {w["why"] for w in told["windows"] if w["label"] == "Glass" and w["score"] >= 0.3} == {"dropped by mine"}
    assert "Glass" not in {e["label"] for e in told["events"]}


def test_a_hit_in_the_cool_down_says_how_long_it_lasts(flow: str, capsys: Capsys) -> None:
    Path(flow).write_text(
        FLOW.replace("min_hits: 2, hold_s: 0.5, cooldown_s: {Glass: 30}", "from: hits, cooldown_s: 30")
    )
    told = explained(capsys, flow, "--set", "steps.hits.labels={Speech: 0.975, Glass: 0.3, Siren: 0.3}")  # with pauses
    cooling = [w for w in told["windows"] if w["label"] == "Speech" and w["verdict"] == "cooling down"]
    (ended,) = [e["end_s"] for e in told["events"] if e["label"] == "Speech"]
    assert {w["why"] for w in cooling} == {f"cool-down until {ended + 30:.2f} s: no event"}


def test_the_table_has_a_line_per_window_and_the_events_below(flow: str, capsys: Capsys) -> None:
    assert flowrun(flow, "--play", SCENE) == 0
    out = capsys.readouterr().out
    assert PLAIN not in out
    head, columns, *lines = out.splitlines()
    assert head == "alerts: an event takes 2 of 2 windows"
    assert columns.split() == ["from", "s", "heard", "label", "score", "threshold", "hits"]
    assert any("EVENT begins" in line for line in lines)
    assert lines[-2].startswith("event: Glass ")
    assert lines[-1].endswith("withheld by night")


def test_the_picture_has_the_scores_under_the_events(flow: str, capsys: Capsys) -> None:
    assert flowrun(flow, "--play", SCENE, "--picture", "out/why.png") == 0
    with Image.open("out/why.png") as image:
        assert image.width == 1280
        assert image.height > 56 + 28 + 2 * 52 + 320  # title, a lane, two strips, the spectrogram


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--play", "none.wav"], "none.wav: no such file"),
        (["--play", SCENE, "--step", "mic"], "no step 'mic'; its steps: file, scores"),
        (["--play", SCENE, "--step", "hits"], "nothing can be played into 'hits' (threshold): it takes no Audio"),
        (["--play", "alerts.yaml"], "alerts.yaml: Format not recognised"),
    ],
)
def test_a_mistake_is_one_line(flow: str, capsys: Capsys, words: list[str], said: str) -> None:
    assert flowrun(flow, *words) == 1
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1


def test_a_flow_that_decides_nothing_is_refused(flow: str, capsys: Capsys) -> None:
    Path(flow).write_text("steps:\n  file: {use: audio_file, path: a.wav}\n  out: {use: level}\n  s: {use: console}\n")
    assert flowrun(flow, "--play", SCENE) == 1
    assert "no step uses `debounce`, so nothing decides on events" in capsys.readouterr().err
