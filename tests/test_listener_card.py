"""docs/make_listener_card.py measures a model beside its teacher, and writes only between its markers."""

from __future__ import annotations

import importlib
import json
import shutil
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import soundfile

from flowrun.models.signals import noise, tone
from flowrun.schemas.errors import FlowrunError

pytestmark = pytest.mark.integration  # it measures clip by clip, which takes seconds

BEGIN, END = "<!-- measured: python docs/make_listener_card.py -->", "<!-- end of measured -->"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "docs")
    return importlib.import_module("make_listener_card")


@pytest.fixture
def models(tmp_path: Path, golden: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tiny models, that hear dogs in what is loud and sirens in what is quiet."""
    folder = tmp_path / "models"
    for name in ("tiny_yamnet", "tiny_listener"):
        shutil.copytree(golden / name, folder / name)
        manifest = folder / name / "model.json"
        data = json.loads(manifest.read_text()) | {"labels": ["Dog", "Siren", "Odd"], "description": "Tiny."}
        manifest.write_text(json.dumps(data))
    monkeypatch.setenv("FLOWRUN_MODELS", str(folder))
    return folder


@pytest.fixture
def esc50(tmp_path: Path) -> Path:
    """Two loud dogs and two quiet sirens, at 44.1 kHz."""
    folder = tmp_path / "esc50"
    (folder / "audio").mkdir(parents=True)
    lines = ["filename,fold,category"]
    for i in (1, 2):
        soundfile.write(folder / "audio" / f"{i}-dog.wav", noise(1.5, 44100, -6.0 * i, seed=i), 44100)
        soundfile.write(folder / "audio" / f"{i}-siren.wav", tone(1.5, 44100, -50.0 - i, 440.0), 44100)
        lines += [f"{i}-dog.wav,5,dog", f"{i}-siren.wav,5,siren"]
    (folder / "meta.csv").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture
def make(script: ModuleType, models: Path, esc50: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    def made(*arguments: str) -> str:
        known = ["--esc50", str(esc50), "--teacher", "tiny_yamnet", "--model", "tiny_listener"]
        monkeypatch.setattr(sys, "argv", ["make_listener_card.py", *known, *arguments])
        script.main()
        return (models / "tiny_listener" / "README.md").read_text()

    return made


def test_a_card_is_begun_with_what_was_measured(make: Any, models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    card = make("--json")
    assert card.startswith("# tiny_listener\n\nTiny.\n")
    assert "the 4 clips" in card
    assert "| dog | 2 of 2 | 2 of 2 | 1.000 | 1.000 |" in card
    assert (models / "tiny_listener" / "detection.png").read_bytes().startswith(b"\x89PNG")
    said = json.loads(capsys.readouterr().out)
    assert said["quality"]["clips"] == 4
    assert said["facts"]["parameters"] == 195


def test_a_model_agrees_with_itself(make: Any, models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make("--json", "--teacher", "tiny_listener")
    np.testing.assert_allclose(json.loads(capsys.readouterr().out)["quality"]["clip_correlation"], 1)


def test_what_people_wrote_is_kept_and_a_second_run_changes_nothing(make: Any, models: Path) -> None:
    card = models / "tiny_listener" / "README.md"
    card.write_text(f"# Mine\n\n{BEGIN}\nstale numbers\n{END}\n\nThe end.\n")
    written = make()
    assert written.startswith(f"# Mine\n\n{BEGIN}\nMeasured by `python docs/make_listener_card.py")
    assert written.endswith(f"{END}\n\nThe end.\n")
    assert "stale" not in written
    assert make() == written


def test_on_a_card_without_a_place_for_them_they_go_to_the_end(make: Any, models: Path) -> None:
    (models / "tiny_listener" / "README.md").write_text("# Mine\n")
    written = make()
    assert written.startswith(f"# Mine\n\n## Quality\n\n{BEGIN}\n")
    assert written.endswith(f"{END}\n")
    assert make() == written


def test_a_model_is_not_measured_on_what_it_was_trained_on(make: Any, models: Path) -> None:
    table = models / "tiny_listener" / "data.csv"
    table.write_text("collection,file,author,licence,source_url\nESC-50,audio/2-dog.ogg,a,CC0,u\n")
    with pytest.raises(FlowrunError, match="tiny_listener was trained on 2-dog, so it cannot be measured on that"):
        make()
    table.write_text("collection,file,author,licence,source_url\nESC-50,9-dog.ogg,a,CC0,u\n")
    assert "| ESC-50 | CC0 | 1 | 1 |" in make()


def test_a_clip_that_cannot_be_read_is_named(make: Any, esc50: Path) -> None:
    (esc50 / "audio" / "2-dog.wav").write_bytes(b"")
    with pytest.raises(FlowrunError, match=r"2-dog\.wav: the file is empty"):
        make()


def test_models_with_other_classes_are_not_compared(make: Any) -> None:
    with pytest.raises(FlowrunError, match="tiny_listener and yamnet have different classes"):
        make("--teacher", "yamnet")
