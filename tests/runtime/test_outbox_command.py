"""`flowrun outbox`: what waits and what is dead can be seen, sent again and given up."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from flowrun.models.outbox.letter import Letter
from flowrun.models.outbox.rows import Changes
from flowrun.models.outbox.store import Store
from flowrun.runtime.cli import main

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def letter(number: int) -> Letter:
    return Letter(number, f"e{number}", json.dumps({"id": f"e{number}", "label": "Gl\x1bass"}).encode(), AT)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An outbox with three letters that wait, of two steps, and two dead ones."""
    monkeypatch.setenv("FLOWRUN_STATE", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    Path("alert.yaml").write_text("name: glass alert\nsteps: {mic: {use: microphone, device: $MISSING}}\n")
    store = Store(tmp_path / "state" / "glass alert.outbox")
    letters = tuple(("mail" if n == 3 else "hook", letter(n)) for n in range(1, 6))
    store.write(Changes(letters, dead=((2, "400 Bad\nRequest"), (4, "422 Unprocessable Entity"))), AT)
    yield store
    store.close()


def printed(capsys: Any, *arguments: str, status: int = 0) -> str:
    assert main(["outbox", "alert.yaml", *arguments]) == status
    out, err = capsys.readouterr()
    return str(err if status else out)


def test_it_tells_what_waits_and_what_is_dead_of_each_step(store: Store, capsys: Any) -> None:
    assert printed(capsys).splitlines() == [
        "STEP  WAITING  BYTES  OLDEST                    DEAD",
        "hook  2        72     2026-11-22T12:00:00.000Z  2",
        "mail  1        36     2026-11-22T12:00:00.000Z  0",
    ]
    steps = json.loads(printed(capsys, "--json"))["steps"]
    assert steps["hook"] == {"waiting": 2, "bytes": 72, "oldest": "2026-11-22T12:00:00.000Z", "dead": 2}


def test_it_tells_why_a_letter_is_dead_in_a_line_that_steers_no_terminal(store: Store, capsys: Any) -> None:
    lines = printed(capsys, "dead").splitlines()
    assert len(lines) == 3
    assert lines[1].split() == ["2", "hook", "2026-11-22T12:00:00.000Z", r"Gl\x1bass", "e2", r"400", r"Bad\nRequest"]
    (one,) = json.loads(printed(capsys, "dead", "4", "--json"))
    assert (one["number"], one["reason"], one["event"]["id"]) == (4, "422 Unprocessable Entity", "e4")


def test_letters_are_sent_again_by_number_or_by_event(store: Store, capsys: Any) -> None:
    assert printed(capsys, "retry", "e4") == "1 letter to be sent again\n"
    assert [one.retry for one in store.dead()] == [False, True]
    assert printed(capsys, "dead").splitlines()[2].endswith("(to be sent again)")
    assert printed(capsys, "retry", "--all") == "2 letters to be sent again\n"


def test_letters_are_given_up(store: Store, capsys: Any) -> None:
    assert printed(capsys, "discard", "2") == "1 letter discarded\n"
    assert printed(capsys, "discard", "--waiting", "--all", "--step", "hook", "--json").split()[-2] == "2"
    assert ([one.letter.id for one in store.dead()], [x.id for _, x in store.waiting()]) == (["e4"], ["e3"])


def test_nothing_is_changed_without_saying_which(store: Store, capsys: Any) -> None:
    assert "which ones? Give numbers" in printed(capsys, "discard", status=1)
    assert "no letter '9' is there" in printed(capsys, "retry", "2", "9", status=1)
    assert "--waiting goes with discard" in printed(capsys, "retry", "--waiting", "--all", status=1)
    assert len(store.dead()) == 2
    assert not any(one.retry for one in store.dead())


def test_a_file_that_is_not_there_or_is_no_outbox_is_told_in_a_line(tmp_path: Path, store: Store, capsys: Any) -> None:
    Path("other.yaml").write_text("steps: {}\n")
    assert main(["outbox", "other.yaml"]) == 1
    assert "other.outbox: no such file: the flow has sent nothing, or has another folder" in capsys.readouterr().err
    (tmp_path / "state" / "other.outbox").write_bytes(b"no database" * 1000)
    assert main(["outbox", "other.yaml"]) == 1
    assert "other.outbox: file is not a database" in capsys.readouterr().err


def test_its_help_teaches(capsys: Any) -> None:
    with pytest.raises(SystemExit):
        main(["outbox", "--help"])
    out = capsys.readouterr().out
    assert "flowrun outbox alert.yaml retry 17 23" in out
    assert "$STATE_DIRECTORY" in out
