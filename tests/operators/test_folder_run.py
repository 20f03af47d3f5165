"""A folder through a whole flow, in a process of its own: killed and run again, side by side, with bad files, many."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

FLOW = """
name: folder
steps:
  files: {use: directory, path: sounds, journal: out/journal.jsonl, workers: 1, block_s: 0.01, on_error: {to: bad}}
  loud: {use: level, window_s: 0.01}
  table: {use: csv, path: out/levels.csv, append: true}
  lines: {use: jsonl, from: loud, path: out/levels.jsonl, append: true}
  bad: {use: jsonl, path: out/bad.jsonl, append: true}
"""
MAIN = "import sys; from flowrun.runtime.cli import main; sys.exit(main(sys.argv[1:]))"
DIE_AT_THE_JOURNAL = """
import os, signal
from flowrun.operators.sources import _journal
append, seen = _journal.append_lines, []
def dying(path, lines, **options):
    seen.append(lines)
    if len(seen) == 7:
        os.kill(os.getpid(), signal.SIGKILL)
    append(path, lines, **options)
_journal.append_lines = dying
"""
TELL_MEMORY = (
    "import atexit, resource; atexit.register(lambda: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))\n"
)

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A function that runs the flow, after some *code*."""
    (tmp_path / "flow.yaml").write_text(FLOW)

    def running(*settings: str, code: str = "") -> subprocess.CompletedProcess[str]:
        options = [part for setting in settings for part in ("--set", setting)]
        command = [sys.executable, "-c", code + MAIN, "flow.yaml", *options]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)

    return running


def sounds(folder: Path, count: int) -> None:
    (folder / "sounds").mkdir()
    for i in range(count):
        soundfile.write(folder / "sounds" / f"{i}.wav", np.full(320, 0.01 * (i % 90 + 1)), 16000)


def rows(folder: Path) -> list[tuple[str, float]]:
    with (folder / "out" / "levels.csv").open(newline="") as stream:
        table = [(row["stream"], float(row["start_s"])) for row in csv.DictReader(stream)]
    lines = [json.loads(line) for line in (folder / "out" / "levels.jsonl").read_text().splitlines()]
    assert sorted(table) == sorted((line["stream"], line["start_s"]) for line in lines)
    return table


def test_a_run_that_was_killed_is_finished_by_the_next_with_every_row_once(tmp_path: Path, run: Run) -> None:
    sounds(tmp_path, 20)
    killed = run(code=DIE_AT_THE_JOURNAL)
    assert killed.returncode == -9
    assert not (tmp_path / "out" / "levels.csv").exists()
    again = run()
    assert (again.returncode, "14 streams" in again.stderr) == (0, True)
    expected = sorted((f"{i}.wav", start_s) for i in range(20) for start_s in (0.0, 0.01))
    assert sorted(rows(tmp_path)) == expected
    soundfile.write(tmp_path / "sounds" / "3.wav", np.zeros(160), 16000)  # now half as long
    assert run().returncode == 0
    assert sorted(rows(tmp_path)) == [row for row in expected if row != ("3.wav", 0.01)]
    assert [path.name for path in (tmp_path / "out").iterdir() if path.name.startswith(".")] == []


def test_workers_give_the_same_rows_as_one(tmp_path: Path, run: Run) -> None:
    sounds(tmp_path, 30)
    assert run("steps.files.workers=3").returncode == 0
    assert sorted(rows(tmp_path)) == sorted((f"{i}.wav", start_s) for i in range(30) for start_s in (0.0, 0.01))


def test_each_bad_file_is_one_dead_letter(tmp_path: Path, run: Run) -> None:
    sounds(tmp_path, 3)
    good = (tmp_path / "sounds" / "0.wav").read_bytes()
    bad: dict[str, Any] = {"empty.wav": b"", "text.wav": b"hello\n", "header.wav": good[:44], "short.wav": good[:400]}
    for name, content in bad.items():
        (tmp_path / "sounds" / name).write_bytes(content)
    done = run()
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    letters = [json.loads(line) for line in (tmp_path / "out" / "bad.jsonl").read_text().splitlines()]
    assert sorted(letter["stream"] for letter in letters) == sorted(bad)
    assert {stream for stream, _ in rows(tmp_path)} == {"0.wav", "1.wav", "2.wav", "short.wav"}


def test_memory_does_not_grow_with_the_number_of_files(tmp_path: Path, run: Run) -> None:
    used_kb = []
    for count in (100, 800):
        (tmp_path / str(count)).mkdir()
        sounds(tmp_path / str(count), count)
        done = run(f"steps.files.path={count}/sounds", "steps.files.journal=null", code=TELL_MEMORY)
        assert done.returncode == 0, done.stderr
        used_kb.append(int(done.stdout))
    assert used_kb[1] - used_kb[0] < 3000
