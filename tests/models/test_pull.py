"""A pulled model is whole, checked, and pulled once."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from flowrun.models import pull as pull_module
from flowrun.models.bundle import MANIFEST, bundle
from flowrun.models.pull import Pulled, pull
from flowrun.schemas.errors import ModelError

WEIGHTS = b"weights" * 50_000


@pytest.fixture
def model(cache: Path, web: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A model with a file of a known checksum and one of an unknown."""
    monkeypatch.setenv("FLOWRUN_MODELS", str(tmp_path / "shipped"))
    web.files = {"/w": WEIGHTS, "/labels": b"a,b"}
    known = {"path": "w.bin", "url": f"{web.address}/w", "sha256": hashlib.sha256(WEIGHTS).hexdigest()}
    files = [{**known, "bytes": len(WEIGHTS)}, {"path": "labels.csv", "url": f"{web.address}/labels"}]
    data = {"name": "tiny", "version": "1", "task": "test", "licence": "CC0-1.0", "files": files}
    write(tmp_path / "shipped" / "tiny", data)
    return data


def write(folder: Path, data: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).write_text(json.dumps(data))


def quiet(what: str, done: int, total: int | None) -> None: ...


def test_all_files_are_fetched_into_the_cache(model: Any, cache: Path) -> None:
    assert pull("tiny", progress=quiet) == Pulled("tiny", cache / "tiny", ("w.bin", "labels.csv"), ())
    assert bundle("tiny").path("w.bin").read_bytes() == WEIGHTS


def test_a_second_pull_fetches_nothing(model: Any, web: Any) -> None:
    pull("tiny", progress=quiet)
    asked = len(web.requests)
    assert pull("tiny", progress=quiet).fetched == ()
    assert len(web.requests) == asked


def test_the_checksum_of_a_file_without_one_is_kept(model: Any, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pull("tiny", progress=quiet)
    monkeypatch.delenv("FLOWRUN_MODELS")
    (file,) = [file for file in bundle("tiny").files if file.path == "labels.csv"]
    assert (file.sha256, file.bytes) == (hashlib.sha256(b"a,b").hexdigest(), 3)


def test_a_damaged_file_is_fetched_again(model: Any, cache: Path) -> None:
    pull("tiny", progress=quiet)
    (cache / "tiny" / "w.bin").write_bytes(WEIGHTS[:-1])
    assert pull("tiny", progress=quiet).fetched == ("w.bin",)


def test_a_damaged_file_outside_the_cache_is_named(model: Any, tmp_path: Path) -> None:
    (tmp_path / "shipped" / "w.bin").write_bytes(b"something else")
    with pytest.raises(ModelError, match=r"shipped/w\.bin: damaged, or another file than model 'tiny' needs"):
        pull("tiny", progress=quiet)


def test_a_file_that_is_here_is_not_fetched(model: Any, tmp_path: Path) -> None:
    (tmp_path / "shipped" / "w.bin").write_bytes(WEIGHTS)
    assert pull("tiny", progress=quiet).fetched == ("labels.csv",)


def test_the_files_may_come_from_a_folder(model: Any, cache: Path, web: Any, tmp_path: Path) -> None:
    (tmp_path / "stick").mkdir()
    (tmp_path / "stick" / "w.bin").write_bytes(WEIGHTS)
    (tmp_path / "stick" / "labels.csv").write_bytes(b"a,b")
    pull("tiny", source=str(tmp_path / "stick"), progress=quiet)
    assert (cache / "tiny" / "w.bin").read_bytes() == WEIGHTS
    assert web.requests == []


@pytest.mark.parametrize("content", [b"short", WEIGHTS[::-1]])
def test_a_wrong_file_in_a_folder_is_refused(model: Any, cache: Path, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "w.bin").write_bytes(content)
    with pytest.raises(ModelError, match=r"w\.bin: .* damaged, or another file$"):
        pull("tiny", source=str(tmp_path), progress=quiet)
    assert not (cache / "tiny" / "w.bin").exists()


def test_a_folder_that_lacks_a_file_is_named(model: Any, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"nowhere: w\.bin is not there$"):
        pull("tiny", source=str(tmp_path / "nowhere"), progress=quiet)


def test_the_files_may_come_from_another_server(model: Any, web: Any) -> None:
    web.files = {"/mirror/w.bin": WEIGHTS, "/mirror/labels.csv": b"a,b"}
    pull("tiny", source=f"{web.address}/mirror/", progress=quiet)
    assert [path for path, _ in web.requests] == ["/mirror/w.bin", "/mirror/labels.csv"]


def test_an_unknown_model_is_answered_with_the_nearest(cache: Path) -> None:
    with pytest.raises(ModelError, match="did you mean 'yamnet'"):
        pull("yamnett", progress=quiet)


def test_two_pulls_at_once_fetch_each_file_once(model: Any, web: Any) -> None:
    """The second, a process of its own, waits for the lock and finds the work done."""
    web.gate = threading.Event()
    done: list[Pulled] = []
    first = threading.Thread(target=lambda: done.append(pull("tiny", progress=quiet)))
    first.start()
    assert web.asked.wait(10)  # the first holds the lock once it asks for a file
    program = "from flowrun.models.pull import pull; print(pull('tiny', progress=lambda *now: print(now[0])).fetched)"
    with subprocess.Popen([sys.executable, "-uc", program], stdout=subprocess.PIPE, text=True) as second:
        assert second.stdout is not None
        assert second.stdout.readline() == "waiting for another pull\n"
        web.gate.set()
        first.join()
        assert second.stdout.readline() == "()\n"
    assert done[0].fetched == ("w.bin", "labels.csv")
    assert [path for path, _ in web.requests] == ["/w", "/labels"]


@pytest.fixture
def convertible(model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The model, with a network to be converted from its weights; returns the conversions as they happen."""
    made = [{"path": "net.tflite", "source": "w.bin", "precision": "float32"}]
    write(tmp_path / "shipped" / "tiny", {**model, "converted": made})
    calls: list[str] = []

    def convert(given: Path, path: Path, precision: str) -> None:
        calls.append(f"{given.name} to {precision}")
        path.write_bytes(given.read_bytes()[:10])

    monkeypatch.setattr(pull_module, "convert", convert)
    return calls


def test_what_must_be_converted_is_converted_once(convertible: list[str]) -> None:
    assert pull("tiny", progress=quiet).converted == ("net.tflite",)
    assert pull("tiny", progress=quiet).converted == ()
    assert convertible == ["w.bin to float32"]


def test_a_damaged_conversion_is_made_again(
    convertible: list[str], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pull("tiny", progress=quiet)
    monkeypatch.delenv("FLOWRUN_MODELS")  # the bundle's own manifest knows the checksum
    (cache / "tiny" / "net.tflite").write_bytes(b"damaged")
    assert pull("tiny", progress=quiet) == Pulled("tiny", cache / "tiny", (), ("net.tflite",))


def test_weights_whose_conversion_is_here_are_not_fetched(convertible: list[str], tmp_path: Path) -> None:
    (tmp_path / "shipped" / "net.tflite").write_bytes(b"network")
    assert pull("tiny", progress=quiet).fetched == ("labels.csv",)


def test_downloads_are_kept_when_the_conversion_fails(
    convertible: list[str], cache: Path, web: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def convert(*_: Any) -> None:
        raise ModelError("needs TensorFlow")

    monkeypatch.setattr(pull_module, "convert", convert)
    for _ in range(2):
        with pytest.raises(ModelError, match="needs TensorFlow"):
            pull("tiny", progress=quiet)
    assert (cache / "tiny" / "w.bin").read_bytes() == WEIGHTS
    assert len(web.requests) == 2
