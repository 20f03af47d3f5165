"""`flowrun models`: what is printed, and the exit status."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from flowrun.runtime.cli import main
from flowrun.runtime.commands.pull_progress import PullProgress


@pytest.fixture(autouse=True)
def nothing_pulled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("FLOWRUN_MODELS", raising=False)


def printed(capsys: Any, *arguments: str) -> tuple[int, str, str]:
    status = main(["models", *arguments])
    out, err = capsys.readouterr()
    return status, out, err


def test_list_tells_which_are_here(capsys: Any) -> None:
    status, out, _ = printed(capsys, "list")
    assert status == 0
    names = [line.split("  ")[0].strip() for line in out.splitlines()]
    assert names == ["NAME", "audioset_attention", "audioset_logistic", "listener", "vggish", "yamnet"]
    assert "to be pulled" in out


def test_list_is_data_for_other_programs(capsys: Any) -> None:
    entries = json.loads(printed(capsys, "list", "--json")[1])
    shipped = dict.fromkeys(("audioset_attention", "audioset_logistic", "listener"), True)
    assert {entry["name"]: entry["here"] for entry in entries} == {**shipped, "vggish": False, "yamnet": False}


def test_a_pull_from_a_folder_says_what_it_fetched_and_then_that_all_is_here(capsys: Any, shared: Path) -> None:
    status, out, err = printed(capsys, "pull", "yamnet", "--from", str(shared / "models"))
    assert status == 0
    assert out.startswith("yamnet: yamnet.tflite in ")
    assert err == "yamnet.tflite: 4,126,810 bytes …\n"
    assert printed(capsys, "pull", "yamnet") == (0, "yamnet: already here\n", "")
    assert printed(capsys, "verify", "yamnet")[0] == 0
    assert json.loads(printed(capsys, "verify", "yamnet", "--json")[1])["ok"] is True


def test_a_failed_pull_is_one_line(capsys: Any, tmp_path: Path) -> None:
    status, out, err = printed(capsys, "pull", "yamnet", "--from", str(tmp_path))
    assert (status, out) == (1, "")
    assert err == f"error: {tmp_path}: yamnet.tflite is not there\n"


def test_a_failed_check_is_exit_status_1(capsys: Any) -> None:
    status, out, _ = printed(capsys, "verify", "yamnet")
    assert status == 1
    assert "FAILED  yamnet.tflite: not here; run `flowrun models pull yamnet`" in out


def test_a_terminal_shows_a_bar() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    out = Terminal()
    with PullProgress(out) as progress:
        progress("weights.bin", 0, 2_000_000)
        progress("weights.bin", 2_000_000, 2_000_000)
        progress("weights.tflite", 0, None)
    assert "weights.bin" in out.getvalue()
    assert "2.0/2.0 MB" in out.getvalue()
