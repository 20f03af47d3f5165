"""`console` shows plain lines, and on a terminal a table; nothing in it steers the terminal."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from flowrun.operators.sinks.console import console, lines
from flowrun.schemas.ports import Event, Levels, Prediction, Predictions, Rejected, Windows


def test_a_window_is_a_line(capsys: pytest.CaptureFixture[str], writing: Any, predictions: Callable[..., Any]) -> None:
    writing(console).write(predictions("dog.ogg", [("Dog", 0.834), ("Animal", 0.79)], [])).close()
    assert capsys.readouterr().out == "dog.ogg 0.00 Dog: 0.83, Animal: 0.79\ndog.ogg 0.50 -\n"


def test_the_line_of_a_whole_stream_has_no_time() -> None:
    at = Windows("mic", np.zeros(1), 9.5, 9.5, last=True, whole=True)
    item = Predictions(at, ((Prediction("Speech", 0.75), Prediction("Music", 0.12)),))
    assert list(lines(item)) == ["mic Speech: 0.75, Music: 0.12"]


@pytest.mark.parametrize(
    ("item", "line"),
    [
        (Event("1", "mic", "Glass", 0.9, 1.0, 2.5, clip="c.wav"), "mic 1.00-2.50 Glass: 0.90 c.wav"),
        (Rejected("files", "a.wav", "has no samples"), "a.wav rejected by files: has no samples"),
        (Levels(Windows("mic", np.array([0.5]), 1, 1), np.array([-20.16], np.float32), "dBFS"), "mic 0.50 -20.2 dBFS"),
        (Event("1", "a\x1b[2Jb", "Gl\nass", 0.9, 1.0, 2.5), "a\\x1b[2Jb 1.00-2.50 Gl\\nass: 0.90"),
    ],
    ids=["event", "dead letter", "level", "control characters"],
)
def test_other_items_are_a_line_too(item: Any, line: str) -> None:
    assert list(lines(item)) == [line]


def test_an_event_of_a_known_time_shows_it() -> None:
    (line,) = lines(Event("1", "mic", "Glass", 0.9, 1.0, 2.5, datetime(2026, 1, 1, 12, tzinfo=UTC)))
    local = datetime(2026, 1, 1, 12, tzinfo=UTC).astimezone().isoformat(sep=" ", timespec="seconds")
    assert line == f"mic {local} 1.00-2.50 Glass: 0.90"


def test_metrics_are_a_line_with_the_measures_in_their_order(metrics: Callable[..., Any]) -> None:
    (line,) = lines(metrics(5, **{"examples/s": 5321.4, "learning rate": 0.01, "PERR": float("nan")}))
    measures = (
        "loss 2.0000, Hit@1 0.5000, PERR -, mAP 0.5000, AUC 0.9400, d' 2.200, learning rate 0.01, examples/s 5321"
    )
    assert line == f"validation epoch 5: {measures}"
    (line,) = lines(metrics(5, "evaluation"))
    assert line.startswith("evaluation of moe on balanced: loss 2.0000, Hit@1")


class Terminal(io.StringIO):
    """A terminal of 80 columns."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Put a terminal in the place of standard output; in the test itself, for pytest puts its own there before."""
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    return screen


def test_on_a_terminal_a_stream_has_a_heading_and_its_windows_stand_in_columns(
    monkeypatch: pytest.MonkeyPatch, writing: Any, predictions: Callable[..., Any]
) -> None:
    screen = terminal(monkeypatch)
    item = predictions("dog.ogg", [("Dog", 0.5), ("Animal", 0.4)], [("Bark, howl [loud]", 1.0), ("Cat", 0.1)], [])
    writing(console).write(item).close()
    heading, *rows = screen.getvalue().splitlines()
    assert heading.startswith("dog.ogg ─")
    assert [row.split() for row in rows] == [
        ["0:00.00", "█" * 10, "0.50", "Dog", "Animal", "0.40"],
        ["0:00.50", "█" * 20, "1.00", "Bark,", "howl", "[loud]", "Cat", "0.10"],
        ["0:01.00", "0.00", "-"],
    ]
    assert rows[0].index("Animal") == rows[1].index("Cat")


def test_on_a_terminal_an_event_is_a_row_that_tells_how_long_it_lasted(
    monkeypatch: pytest.MonkeyPatch, writing: Any
) -> None:
    screen = terminal(monkeypatch)
    item = Event("1", "shop\x1b", "Glass", 0.9, 61.0, 62.5, clip="1.wav")
    writing(console).write(item, item).close()
    heading, *rows = screen.getvalue().splitlines()
    assert heading.startswith("shop\\x1b ─")
    assert [row.split() for row in rows] == [["1:01.00", "█" * 18, "0.90", "Glass", "to", "1:02.50", "1.wav"]] * 2


def test_a_name_cannot_steer_the_terminal(
    monkeypatch: pytest.MonkeyPatch, writing: Any, predictions: Callable[..., Any]
) -> None:
    screen = terminal(monkeypatch)
    writing(console).write(predictions("a\x1b[2J.wav", [("\x1b[31m", 0.5), ("\r", 0.1)])).close()
    assert "a\\x1b[2J.wav" in screen.getvalue()
    assert "\x1b[2J" not in screen.getvalue()
    assert "\x1b[31m" not in screen.getvalue()
    assert "\r" not in screen.getvalue()


def test_what_the_screen_cannot_show_is_escaped(
    monkeypatch: pytest.MonkeyPatch, writing: Any, predictions: Callable[..., Any]
) -> None:
    screen = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", screen)
    run = writing(console).write(predictions("犬.wav", [("Dog", 0.5)])).close()
    assert run.failures == []
    assert screen.buffer.getvalue() == b"\\u72ac.wav 0.00 Dog: 0.50\n"


def test_on_a_terminal_metrics_are_rows_of_a_table_whose_heading_comes_again_when_a_measure_is_new(
    monkeypatch: pytest.MonkeyPatch, writing: Any, metrics: Callable[..., Any]
) -> None:
    screen = terminal(monkeypatch)
    items = [metrics(1, "training"), metrics(1), metrics(2, **{"GAP@20": 0.3}), metrics(3)]
    writing(console).write(*items).close()
    first, *_, second, last, without = screen.getvalue().splitlines()
    assert first.split() == ["part", "epoch", "loss", "Hit@1", "mAP", "AUC", "d'"]
    assert second.split() == ["part", "epoch", "loss", "Hit@1", "GAP@20", "mAP", "AUC", "d'"]
    assert last.split() == ["validation", "2", "5.0000", "0.5000", "0.3000", "0.2000", "0.9400", "2.200"]
    assert without.split()[4] == "-"
    assert last.index("0.3000") + len("0.3000") == second.index("GAP@20") + len("GAP@20")
