"""`--web` adds a page that shows what is left after all filters."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowrun.runtime.language.flow import Flow
from flowrun.runtime.language.load import load
from flowrun.runtime.language.page_step import AS_WRITTEN, with_page
from flowrun.schemas.errors import FlowrunError


def written(folder: Path, steps: str) -> Flow:
    (folder / "f.yaml").write_text(f"steps:\n{steps}")
    return load(folder / "f.yaml")


def reads(flow: Flow, step: str) -> list[str]:
    (links,) = flow.steps[step].inputs.values()
    return [link.step for link in links]


def test_it_reads_the_last_steps_that_give_sound_scores_and_events(tmp_path: Path) -> None:
    """Events both when they are told and when their clip is there; none that a filter has taken out."""
    flow = written(
        tmp_path,
        "  mic: {use: pipe, rate_hz: 48000}\n"
        "  audio: {use: resample, rate_hz: 16000}\n"
        "  scores: {use: recognise, model: listener}\n"
        "  smooth: {use: pool, every_s: 2}\n"
        "  hits: {use: threshold, labels: {Glass: 0.5}}\n"
        "  all: {use: debounce}\n"
        "  alerts: {use: quiet_hours, hours: ['22:00-06:00']}\n"
        "  clips: {use: clip_archiver, from: {audio: audio, events: alerts}, folder: kept}\n",
    )
    shown = with_page(flow, AS_WRITTEN)
    assert reads(shown, "web") == ["audio", "smooth", "alerts", "clips"]
    assert (shown.steps["web"].config["port"], shown.steps["web"].config["host"]) == (8080, "127.0.0.1")
    assert shown.steps["web"].queue is not None
    assert shown.steps["web"].queue.when_full == "drop_oldest"
    assert "web" not in flow.steps


def test_it_hears_what_the_privacy_gate_lets_through(tmp_path: Path) -> None:
    flow = written(
        tmp_path,
        "  mic: {use: pipe, rate_hz: 16000}\n"
        "  scores: {use: recognise, model: listener}\n"
        "  gate: {use: privacy_gate, from: {audio: mic, scores: scores}}\n"
        "  best: {use: top, from: scores}\n",
    )
    assert reads(with_page(flow, 0), "web") == ["gate", "scores", "best"]


def test_a_page_that_is_there_only_gets_the_port(tmp_path: Path) -> None:
    flow = written(tmp_path, "  mic: {use: pipe, rate_hz: 16000}\n  mine: {use: web, port: 8000}\n")
    assert list(with_page(flow, 9000).steps) == ["mic", "mine"]
    assert with_page(flow, 9000).steps["mine"].config["port"] == 9000
    assert not flow.steps["mine"].config["stay"]
    assert with_page(flow, AS_WRITTEN).steps["mine"].config["stay"]
    assert with_page(flow, AS_WRITTEN).steps["mine"].config["port"] == 8000


def test_a_step_called_web_keeps_its_name(tmp_path: Path) -> None:
    flow = written(tmp_path, "  mic: {use: pipe, rate_hz: 16000}\n  web: {use: level, window_s: 1}\n")
    assert with_page(flow, AS_WRITTEN).steps["web_page"].spec.name == "web"


def test_a_flow_with_nothing_to_show_says_so(tmp_path: Path) -> None:
    flow = written(tmp_path, "  files: {use: tfrecord_examples, files: x.tfrecord}\n  first: {use: take, count: 1}\n")
    with pytest.raises(FlowrunError, match="nothing that a page could show"):
        with_page(flow, AS_WRITTEN)
