"""Tests that flows carry: what they play, what they expect, what they say when it is not so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flowrun.runtime.testing.run import run_tests
from flowrun.schemas.errors import FlowError

FLOW = """
steps:
  mic: {{use: audio_file, path: not-there.wav}}
  dbfs: {{use: level, window_s: 0.5}}
  kept: {{use: csv, path: never-written.csv}}
tests:
  - name: a tone has its level
    play: {play}
    expect: {expect}
"""
TONE = "{step: mic, signal: tone, level_db: -20, duration_s: 1}"


def outcome(folder: Path, expect: str, play: str = TONE, *, update: bool = False) -> tuple[str, ...]:
    path = folder / "flow.yaml"
    path.write_text(FLOW.format(play=play, expect=expect))
    (result,) = run_tests(path, update=update)
    return result.failures


@pytest.mark.parametrize(
    "expect",
    [
        "{dbfs: {count: 2}}",
        "{dbfs: [{start_s: 0, level: {about: -20, within: 0.01}}, {start_s: 0.5, unit: dBFS}]}",
        "{kept: {count: {min: 1, max: 3}}}",
        "{mic: {count: 1}, dbfs: {count: 2}}",
    ],
)
def test_what_comes_as_expected_passes(tmp_path: Path, expect: str) -> None:
    assert outcome(tmp_path, expect) == ()
    assert not Path("never-written.csv").exists()


@pytest.mark.parametrize(
    ("expect", "said"),
    [
        ("{dbfs: {count: 3}}", "step 'dbfs': expected 3 items, got 2"),
        ("{dbfs: [{level: -10}]}", "step 'dbfs': expected 1 items, got 2\n    expected"),
        ("{dbfs: [{level: -10}, {}]}", '! {"level": -10}  | {"level": -20.0}'),
        ("{dbfs: {golden: g.json}}", "no golden file"),
    ],
)
def test_a_failure_shows_expected_and_got(tmp_path: Path, expect: str, said: str) -> None:
    (failure,) = outcome(tmp_path, expect)
    assert said in failure


def test_update_writes_the_golden_file_and_then_it_is_compared(tmp_path: Path) -> None:
    expect = "{dbfs: {golden: g.json, within: 0.01}}"
    assert outcome(tmp_path, expect, update=True) == ()
    assert [entry["level"] for entry in json.loads((tmp_path / "g.json").read_text())] == [-20.0, -20.0]
    assert outcome(tmp_path, expect) == ()
    louder = TONE.replace("-20", "-19")
    assert "items differ" in outcome(tmp_path, expect, louder)[0]


@pytest.mark.parametrize(
    ("signal", "level"),
    [("silence", -120.0), ("noise, level_db: -30", -30.0), ("click, level_db: 0", -36.0)],
)
def test_synthetic_signals_have_the_level_they_promise(tmp_path: Path, signal: str, level: float) -> None:
    play = f"{{step: mic, duration_s: 0.5, signal: {signal}}}"
    expect = f"{{dbfs: [{{level: {{about: {level}, within: 3.1}}}}]}}"
    assert outcome(tmp_path, expect, play) == ()


def test_sound_played_into_a_step_replaces_what_it_reads(tmp_path: Path) -> None:
    assert outcome(tmp_path, "{dbfs: {count: 2}}", TONE.replace("mic", "dbfs")) == ()


def test_a_test_that_names_what_is_not_there_is_a_problem_of_the_flow(tmp_path: Path) -> None:
    with pytest.raises(FlowError, match="no step 'dbf' to expect of; did you mean 'dbfs'"):
        outcome(tmp_path, "{dbf: {count: 2}}")


def test_a_failing_step_fails_the_test_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("no sound")
    (failure,) = outcome(tmp_path, "{dbfs: {count: 2}}", "{step: mic, file: text.wav}")
    assert failure.startswith("step 'mic' failed: text.wav: ")
    assert "\n" not in failure
