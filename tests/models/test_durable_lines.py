"""Lines are added whole, to a file that is as it was if they cannot be."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from flowrun.models.durable_lines import append_lines


def test_a_new_file_has_its_heading_once(tmp_path: Path) -> None:
    path = tmp_path / "new" / "log.csv"
    append_lines(path, ["1", "2"], "number")
    append_lines(path, ["é"], "number")
    assert path.read_text() == "number\n1\n2\né\n"


def test_a_line_that_a_crash_has_cut_is_ended_first(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("1\n2")
    append_lines(path, ["3"])
    assert path.read_text() == "1\n2\n3\n"


def test_what_cannot_be_made_durable_is_not_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "log"
    append_lines(path, ["1"])

    def full(descriptor: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        append_lines(path, ["2"])
    assert path.read_text() == "1\n"
