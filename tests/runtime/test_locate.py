"""A flow is a file, or one that ships with flowrun, under any of its names."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowrun.runtime.cli import main
from flowrun.runtime.language.locate import locate, shipped_folder


@pytest.mark.parametrize("name", ["classify_file", "classify_file.yaml", "flows/classify_file.yaml"])
def test_a_shipped_flow_is_found_from_anywhere(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert shipped_folder() is not None
    assert locate(name) == (shipped_folder() or Path()) / "classify_file.yaml"
    assert main(["check", name]) == 0


def test_a_file_of_the_users_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "classify_file.yaml").write_text("steps: {}\n")
    assert locate("classify_file.yaml") == Path("classify_file.yaml")


@pytest.mark.parametrize("name", ["no_such_flow", "elsewhere/classify_file.yaml", "classify_file.yml"])
def test_another_name_stays_as_it_is(name: str) -> None:
    assert locate(name) == Path(name)
