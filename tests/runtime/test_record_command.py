"""`flowrun record` and `flowrun replay`, as their users meet them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import soundfile

from flowrun import flows
from flowrun.runtime import cli
from flowrun.runtime.commands import replay
from flowrun.runtime.commands.terminal import PLAIN

Capsys = pytest.CaptureFixture[str]
SCENE = Path(flows.__file__).parent / "samples" / "scene.flac"  # speech, breaking glass from 4 s, a siren from 6.5 s
FLOW = """
vars: {glass: 0.3, place: "${WHERE:-here}"}
steps:
  in:     {use: pipe, rate_hz: 16000, stream: $place}
  audio:  {use: resample, rate_hz: 16000}
  scores: {use: recognise}
  hits:   {use: threshold, labels: {Glass: $glass, Siren: 0.3, Speech: 0.5}}
  alerts: {use: debounce, min_hits: 2, hold_s: 1}
  clips:  {use: clip_archiver, from: {audio: audio, events: alerts}, folder: clips, min_free_bytes: 0}
  screen: {use: console, from: alerts}
tests:
  - {name: one, play: {step: in, file: gone.wav}, expect: {alerts: {count: 0}}}
"""


HEARD = ["Speech", "Glass", "Siren"]


@pytest.fixture(autouse=True)
def pcm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[bytes]:
    """The sound as another program writes it; it is on standard input, in a folder with a flow that listens there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WHERE", raising=False)
    Path("gone.wav").write_bytes(SCENE.read_bytes())
    Path("live.yaml").write_text(FLOW)
    samples = soundfile.read(SCENE, dtype="int16")[0].astype("<i2").tobytes()
    Path("pcm").write_bytes(samples)
    with Path("pcm").open() as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield samples


def flowrun(*words: str) -> int:
    try:
        return cli.main(words)
    except SystemExit as left:
        return int(left.code or 0)


def replayed(capsys: Capsys, *words: str) -> tuple[int, dict[str, Any]]:
    """Return the status and the report of a replay."""
    capsys.readouterr()
    status = flowrun("replay", "rec", *words, "--json")
    return status, json.loads(capsys.readouterr().out)


def test_what_was_recorded_gives_the_same_events_and_writes_nothing(capsys: Capsys) -> None:
    assert flowrun("record", "live.yaml", "--to", "rec") == 0
    out, err = capsys.readouterr()
    assert [line.split(": ")[0].split()[-1] for line in out.splitlines()] == HEARD
    assert "live: 1 stream, 11.50 s of audio in " in err
    assert "rec: 11.50 s of audio and 6 events, " in err
    clips = sorted(path.stat().st_mtime_ns for path in Path("clips").rglob("*"))
    Path("gone.wav").unlink()
    assert flowrun("replay", "rec") == 0
    assert capsys.readouterr().out == "no difference; 6 events the same, 11.50 s of audio in 1 stream\n"
    assert sorted(path.stat().st_mtime_ns for path in Path("clips").rglob("*")) == clips


def test_the_sound_is_there_for_others_as_it_was(pcm: bytes) -> None:
    assert flowrun("record", "live.yaml", "--to", "rec", "--quiet") == 0
    samples, rate_hz = soundfile.read("rec/pieces/000001/0.flac", dtype="int16")
    assert (samples.astype("<i2").tobytes(), rate_hz) == (pcm, 16000)


def test_a_changed_flow_shows_what_is_new_gone_and_changed(capsys: Capsys) -> None:
    assert flowrun("record", "live.yaml", "--to", "rec", "--quiet", "--set", "vars.glass=0.3") == 0
    Path("changed.yaml").write_text(
        FLOW.replace("Glass: $glass, Siren: 0.3, Speech: 0.5", "Glass: 0.75, Speech: 0.995, Breaking: 0.4")
    )
    capsys.readouterr()
    assert flowrun("replay", "rec", "changed.yaml") == 1
    out = capsys.readouterr().out
    assert PLAIN not in out
    head, *rows = out.splitlines()[:5]
    assert head == "alerts: 3 recorded, 2 replayed"
    assert [row.split()[:4] for row in rows] == [
        ["-", "gone", "here", "Speech:"],
        ["+", "new", "here", "Breaking:"],
        ["~", "changed", "here", "Glass:"],
        ["-", "gone", "here", "Siren:"],
    ]
    assert out.splitlines()[-1].startswith("2 new, 4 gone, 2 changed; 0 events the same, 11.50 s of audio")


def test_the_flow_that_was_recorded_can_be_set_otherwise(capsys: Capsys) -> None:
    """Its own settings stay, unless they are set again."""
    assert flowrun("record", "live.yaml", "--to", "rec", "--quiet", "--set", "vars.glass=2") == 2
    assert flowrun("record", "live.yaml", "--to", "rec", "--quiet", "--set", "vars.glass=0.99") == 0
    assert replayed(capsys)[0] == 0
    status, report = replayed(capsys, "--set", "vars.glass=0.3")
    assert status == 1
    assert [event["label"] for event in report["steps"]["alerts"]["new"]] == ["Glass"]
    assert report["different"] == 2
    assert report["steps"]["alerts"]["same"] == 2


def test_it_is_told_where_the_environment_is_another(capsys: Capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it was is not in the recording: it may be a secret."""
    monkeypatch.setenv("WHERE", "hunter2-attic")
    assert flowrun("record", "live.yaml", "--to", "rec", "--quiet") == 0
    assert "hunter2" not in Path("rec/manifest.json").read_text() + Path("rec/flow.yaml").read_text()
    monkeypatch.delenv("WHERE")
    assert replayed(capsys)[1]["notes"] == [
        "the environment variable WHERE was set when it was recorded, and is not now"
    ]


def test_it_ends_after_the_time_that_is_given(monkeypatch: pytest.MonkeyPatch, capsys: Capsys) -> None:
    read, write = os.pipe()
    os.write(write, bytes(2 * 8000))
    with os.fdopen(read) as stdin, os.fdopen(write):
        monkeypatch.setattr(sys, "stdin", stdin)
        assert flowrun("record", "live.yaml", "--to", "rec", "--quiet", "--for-s", "0.1") == 0
    assert replayed(capsys)[1]["audio_seconds"] == 0.5


@contextmanager
def recording(pcm: bytes) -> Iterator[subprocess.Popen[bytes]]:
    """A recording as a process that has told of the first event; its input stays open."""
    command = [sys.executable, "-u", "-m", "flowrun.runtime.cli", "record", "live.yaml", "--to", "rec"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(pcm)
        process.stdin.flush()
        assert b"Speech" in process.stdout.readline()
        yield process


def test_a_signal_ends_the_recording_well(pcm: bytes, capsys: Capsys) -> None:
    with recording(pcm) as process:
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert json.loads(Path("rec/manifest.json").read_text())["ended"]["error"] is None
    status, report = replayed(capsys)
    assert (status, report["different"], report["notes"]) == (0, 0, [])
    assert report["steps"]["alerts"]["same"] >= 1


def test_a_recording_that_was_killed_is_played_as_far_as_it_goes(pcm: bytes, capsys: Capsys) -> None:
    with recording(pcm) as process:
        until = time.monotonic() + 60
        while b'"event"' not in b"".join(path.read_bytes() for path in Path("rec/pieces").glob("*/log.jsonl")):
            assert time.monotonic() < until
        process.kill()
    _, report = replayed(capsys)
    assert report["notes"][0].startswith("the recording was interrupted; it goes to ")
    assert report["audio_seconds"] > 4
    alerts = report["steps"]["alerts"]
    assert (alerts["gone"], alerts["changed"]) == ([], [])
    assert len(alerts["new"]) <= 1, "what was told but not yet written"


def test_a_folder_with_something_in_it_is_refused_and_stays_as_it_was(capsys: Capsys) -> None:
    Path("rec").mkdir()
    Path("rec/notes.txt").write_text("mine")
    assert flowrun("record", "live.yaml", "--to", "rec") == 2
    assert capsys.readouterr().err == "--to rec: error: is not an empty folder; name a new one [recording]\n"
    assert [path.name for path in Path("rec").iterdir()] == ["notes.txt"]
    Path("rec/notes.txt").unlink()
    assert flowrun("record", "live.yaml", "--to", "rec", "--quiet") == 0
    capsys.readouterr()
    assert flowrun("record", "live.yaml", "--to", "rec") == 2
    assert capsys.readouterr().err == "--to rec: error: holds a recording already; name a new folder [recording]\n"


def test_a_recording_of_nothing_is_removed(capsys: Capsys) -> None:
    Path("pcm").write_bytes(b"")
    assert flowrun("record", "live.yaml", "--to", "rec", "--quiet") == 0
    assert "nothing was recorded, so rec is removed again" in capsys.readouterr().err
    assert not Path("rec").exists()


def test_a_reader_that_goes_away_is_no_error(capsys: Capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    assert flowrun("record", "live.yaml", "--to", "rec", "--quiet") == 0
    capsys.readouterr()

    def say(text: str) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(replay, "say", say)
    monkeypatch.setattr(sys, "stdout", sys.stdout)  # `main` lets go of it
    assert flowrun("replay", "rec") == 0
    assert capsys.readouterr().err == ""


def test_a_mistake_is_one_line_and_status_2(capsys: Capsys) -> None:
    assert flowrun("record", "live.yaml", "--to", "rec", "--quiet") == 0
    Path("other.yaml").write_text(FLOW.replace(" in: ", " mic: ").replace("step: in", "step: mic"))
    told = json.loads(Path("rec/manifest.json").read_text())
    for name, text in (("later", json.dumps({**told, "format": 2})), ("broken", "{"), ("empty", json.dumps(told))):
        Path(name).mkdir()
        Path(name, "manifest.json").write_text(text)
    capsys.readouterr()
    for words, said in (
        (["none"], "none: no such folder; `flowrun record` makes one"),
        (["."], ".: holds no recording; `flowrun record` makes one"),
        (["rec", "--set", "steps.in.rate_hz=48000"], "source 'in' was recorded at 16000 Hz, and gives 48000 Hz here"),
        (["rec", "other.yaml"], "source 'mic' has no recording; known: in"),
        (["rec", "--set", "vars.glas=1"], "no variable 'glas'; did you mean 'glass'?"),
        (["later"], "its format is 2, and this flowrun reads format 1"),
        (["broken"], "broken/manifest.json is damaged"),
        (["empty"], "empty: no piece of the recording is left"),
    ):
        assert flowrun("replay", *words) == 2
        err = capsys.readouterr().err
        assert said in err
        assert err.count("\n") == 1
