"""The command line, as its users meet it: output, exit status, signals, start-up."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from flowrun.runtime import cli

Capsys = pytest.CaptureFixture[str]
GOOD = Path(__file__).parents[1] / "flows" / "good"
LEVELS = f"""
vars: {{out: levels.csv}}
steps:
  file: {{use: audio_file, path: {GOOD}/beep.wav}}
  dbfs: {{use: level, window_s: 0.1}}
  table: {{use: csv, path: $out}}
"""


@pytest.fixture
def flow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A flow in a folder of its own that takes the level of a beep."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "levels.yaml"
    path.write_text(LEVELS)
    return path


def flowrun(*words: str) -> int:
    try:
        return cli.main(words)
    except SystemExit as left:
        return int(left.code or 0)


def test_the_bare_form_runs_a_flow_and_says_what_it_did(flow: Path, capsys: Capsys) -> None:
    assert flowrun(str(flow)) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("levels: 1 stream, 0.50 s of audio in ")


def test_set_overrides_and_json_reports_the_run(flow: Path, capsys: Capsys) -> None:
    assert flowrun("run", str(flow), "--set", "vars.out=other.csv", "--set", "steps.dbfs.window_s=0.25", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["audio_seconds"] == 0.5
    table = report["steps"]["table"]
    assert (table["items_in"], table["dropped"], table["errors"]) == (1, 0, 0)
    assert len(Path("other.csv").read_text().splitlines()) == 3


def test_check_prints_every_problem_of_every_file_and_exits_with_2(flow: Path, capsys: Capsys) -> None:
    bad = flow.with_name("bad.yaml")
    bad.write_text("steps:\n  a: {use: audoi_file}\n")
    assert flowrun("check", str(flow), str(bad), "missing.yaml") == 2
    out = capsys.readouterr().out.splitlines()
    assert out == [
        f"{flow}: ok",
        f"{bad}:2:12: error: step 'a': no operator 'audoi_file'; did you mean 'audio_file'? [unknown-operator]",
        "missing.yaml:1:1: error: no such file [unreadable]",
        "2 problems in 3 flows",
    ]


def test_check_reports_json_for_tools(flow: Path, capsys: Capsys) -> None:
    flow.write_text("steps:\n  a: {use: audoi_file}\n")
    assert flowrun("check", "--json", str(flow)) == 2
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert problem == {
        "file": str(flow),
        "line": 2,
        "column": 12,
        "rule": "unknown-operator",
        "message": "step 'a': no operator 'audoi_file'",
        "remedy": "did you mean 'audio_file'?",
        "severity": "error",
    }


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["no_such_flow.yaml"], 2, "no_such_flow.yaml:1:1: error: no such file"),
        (["describe", "resampel"], 2, "no operator 'resampel'; did you mean 'resample'?"),
        (["frobnicate"], 2, "invalid choice: 'frobnicate'"),
        (["levels.yaml", "--set", "vars.uot=x"], 2, "--set vars.uot: error: no variable 'uot'; did you mean 'out'?"),
        (["levels.yaml", "--set", "steps.file.channel=2"], 1, "step 'file' failed on "),
    ],
)
def test_a_mistake_is_one_line_and_a_status(
    flow: Path, capsys: Capsys, words: list[str], status: int, said: str
) -> None:
    assert flowrun(*words) == status
    err = capsys.readouterr().err
    assert said in err
    assert "Traceback" not in err


def test_a_failed_run_leaves_the_old_table_as_it_was(flow: Path) -> None:
    Path("levels.csv").write_text("old\n")
    assert flowrun(str(flow), "--set", "steps.file.channel=2") == 1
    assert Path("levels.csv").read_text() == "old\n"


@pytest.mark.parametrize("name", ["mermaid", "dot"])
def test_graph_draws_every_step_and_link(flow: Path, capsys: Capsys, name: str) -> None:
    assert flowrun("graph", str(flow), "--format", name, "--set", "steps.file.path=not-there.wav") == 0
    out = capsys.readouterr().out
    for word in ("file", "dbfs", "table", "audio_file", "Audio", "Levels"):
        assert word in out


def test_describe_tells_ports_ranges_units_and_defaults(capsys: Capsys) -> None:
    assert flowrun("describe", "level") == 0
    out = capsys.readouterr().out
    for said in (
        "takes  Audio",
        "gives  Levels",
        "number > 0 and <= 60, s (default 1.0)",
        "none | A",
        "Example",
    ):
        assert said in out


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flowrun.runtime.cli", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | environment)


def test_the_commands_that_only_read_import_nothing_heavy(flow: Path) -> None:
    # All of these but NumPy for `list` and `schema`, which import a stranger's operators too.
    always = ["tensorflow", "numba", "scipy", "ai_edge_litert", "soundfile", "soxr", "resampy", "rich", "pyaudio"]
    for words in (["--help"], ["check", str(flow)], ["list"], ["describe", "vggish"], ["graph", str(flow)], ["schema"]):
        heavy = always if words[0] in ("list", "schema") else ["numpy", *always]
        code = f"""
import sys
from flowrun.runtime import cli
try: cli.main({words!r})
except SystemExit: pass
print([m for m in {heavy!r} if m in sys.modules], file=sys.stderr)
"""
        ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert ran.stderr.strip().splitlines()[-1] == "[]", (words, ran.stderr)


def test_a_reader_that_goes_away_is_no_error(flow: Path) -> None:
    command = f"{sys.executable} -m flowrun.runtime.cli list | head -1"
    ran = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False)
    assert ran.stdout == "Sources\n"
    assert ran.stderr == ""


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """A flow that has an hour of noise to classify by its level, in blocks of 10 ms: it will be interrupted."""
    samples = np.random.default_rng(0).standard_normal(8000 * 600).astype(np.float32) * 0.1
    soundfile.write(tmp_path / "long.wav", samples, 8000)
    path = tmp_path / "long.yaml"
    path.write_text(f"""
steps:
  file: {{use: audio_file, path: {tmp_path}/long.wav, block_s: 0.001}}
  dbfs: {{use: level, window_s: 0.001}}
  table: {{use: jsonl, path: {tmp_path}/out.jsonl}}
  screen: {{use: console, from: dbfs}}
""")
    return path


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_well_and_keeps_what_was_done(endless: Path, number: int) -> None:
    command = [sys.executable, "-u", "-m", "flowrun.runtime.cli", str(endless), "--log-format", "json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = process.stdout.readline()  # it runs
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "dBFS" in first
    log = [json.loads(line) for line in err.splitlines() if line.startswith("{")]
    assert "stopping" in log[0]["message"]
    lines = (endless.parent / "out.jsonl").read_text().splitlines()
    assert 0 < len(lines) < 600_000
    assert json.loads(lines[-1])["unit"] == "dBFS"
    assert "of audio in" in err
