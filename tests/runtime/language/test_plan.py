"""What a flow's own steps may see of it: its graph, its thresholds and its text, but no secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowrun.runtime.language.flow import Flow
from flowrun.runtime.language.load import load
from flowrun.runtime.language.plan import plan
from flowrun.schemas.plan import Changes, Link, WrittenThreshold

FLOW = """\
vars: {word: "opensesame!"}
steps:
  mic:    {use: pipe, rate_hz: 16000}
  scores: {use: recognise, model: listener}
  some:   {use: threshold, labels: {Glass: 0.5, Speech: {on: 0.6, off: 0.4}}}  # mine
  every:  {use: threshold, from: scores, labels: 0.3}
  alerts: {use: debounce, from: some}
  clips:  {use: clip_archiver, from: {audio: mic, events: alerts}, folder: kept}
  page:   {use: web, from: clips, password: $word}
  other:  {use: web, from: clips, password: "abracadabra", port: 0}
"""


@pytest.fixture
def flow(tmp_path: Path) -> Flow:
    (tmp_path / "door.yaml").write_text(FLOW)
    return load(tmp_path / "door.yaml")


def test_the_graph_is_that_of_the_flow(flow: Flow) -> None:
    made = plan(flow)
    assert made.name == "door"
    assert made.steps["mic"].live
    assert made.steps["clips"].folders == (Path("kept"),)
    assert Link("alerts", "clips", "events", "Event") in made.links
    assert Link("clips", "page", "items", "Event") in made.links


def test_thresholds_are_those_that_stand_in_the_file(flow: Flow) -> None:
    assert plan(flow).thresholds == (
        WrittenThreshold("some", "Glass", 0.5),
        WrittenThreshold("some", "Speech", 0.6),
        WrittenThreshold("every", None, 0.3),
    )


def test_no_secret_is_in_the_text(flow: Flow) -> None:
    for text in (plan(flow).text, plan(flow).edited({("some", "Glass"): 0.7})):
        assert "opensesame" not in text
        assert "abracadabra" not in text
        assert text.count("***") == 2


def test_an_edited_flow_is_a_flow_with_other_thresholds(flow: Flow, tmp_path: Path) -> None:
    text = plan(flow).edited({("some", "Glass"): 0.7, ("some", "Speech"): 0.2, ("every", None): 0.9})
    assert "{Glass: 0.7, Speech: {on: 0.2, off: 0.2}}}  # mine" in text, "off is never above on"
    (tmp_path / "new.yaml").write_text(text.replace("***", "long enough"))
    assert load(tmp_path / "new.yaml").steps["every"].config["labels"] == 0.9
    assert (tmp_path / "door.yaml").read_text() == FLOW, "the user's file is never written"


def test_what_has_no_place_in_the_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "door.yaml").write_text(FLOW)
    flow = load(tmp_path / "door.yaml", ["steps.every.labels=0.4"])
    wrong: list[tuple[Changes, str]] = [
        ({("every", None): 0.5}, r"steps.every.labels has no place .* it comes from --set steps.every.labels"),
        ({("every", "Glass"): 0.5}, "steps.every.labels.Glass has no place"),
        ({("some", "Dog"): 0.5}, "steps.some.labels.Dog has no place"),
    ]
    for changes, why in wrong:
        with pytest.raises(ValueError, match=why):
            plan(flow).edited(changes)
