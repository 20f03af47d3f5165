"""What a privacy gate removes must not be kept from elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Lints = Callable[[str], list[tuple[str, str, str]]]
FLOW = """
steps:
  mic: {use: pipe, rate_hz: 48000}
  audio: {use: resample}
  scores: {use: recognise}
  gate: {use: privacy_gate, from: {audio: audio, scores: scores}}
  hits: {use: threshold, from: scores, labels: {Dog: 0.3}}
  alerts: {use: debounce}
"""


@pytest.mark.parametrize(
    ("sink", "path", "remedy"),
    [
        ("clips: {use: clip_archiver, from: {audio: gate, events: alerts}, folder: f}", "", ""),
        ("all: {use: archiver, from: gate, folder: f}", "", ""),
        ("table: {use: jsonl, from: scores, path: f}", "", ""),  # scores tell no word
        ("level: {use: level, from: mic}\n  table: {use: jsonl, path: f}", "", ""),
        ("screen: {use: console, from: alerts}", "", ""),
        (
            "clips: {use: clip_archiver, from: {audio: audio, events: alerts}, folder: f}",
            "mic -> audio -> clips",
            "let 'clips' read 'gate' instead of 'audio'",
        ),
        ("all: {use: archiver, from: mic, folder: f}", "mic -> all", "let 'all' read 'gate'"),
        ("all: {use: archiver, from: [gate, mic], folder: f}", "mic -> all", "let 'all' read 'gate'"),
        (
            "low: {use: resample, rate_hz: 8000, from: audio}\n  all: {use: archiver, folder: f}",
            "mic -> audio -> low -> all",
            "let 'low' read 'gate' instead of 'audio'",
        ),
        (
            "low: {use: resample, rate_hz: 8000, from: gate}\n  all: {use: archiver, folder: f}",
            "",
            "",
        ),
    ],
)
def test_a_path_around_the_gate_is_named(lints: Lints, sink: str, path: str, remedy: str) -> None:
    found = lints(f"{FLOW}  {sink}\n")
    if not path:
        assert found == []
        return
    ((severity, rule, said),) = found
    assert (severity, rule) == ("warning", "privacy-gate")
    assert said.endswith(f"bypasses the privacy_gate: {path}; {remedy}")


def test_another_microphone_needs_a_gate_of_its_own(lints: Lints) -> None:
    other = "  door: {use: microphone, device: door}\n  all: {use: archiver, from: door, folder: f}\n"
    ((_, _, said),) = lints(FLOW + other)
    assert said.endswith("door -> all; no privacy_gate hears 'door': add one for it")


def test_where_there_is_no_gate_nobody_asked_for_one(lints: Lints) -> None:
    assert lints("steps: {mic: {use: pipe}, all: {use: archiver, folder: f}}") == []


def test_recordings_are_no_secret(lints: Lints) -> None:
    text = FLOW.replace("{use: pipe, rate_hz: 48000}", "{use: synthetic_sounds, count: 1}")
    assert lints(f"{text}  all: {{use: archiver, from: audio, folder: f}}\n") == []
