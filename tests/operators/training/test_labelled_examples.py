"""Recordings become examples of the class that their folder, or a list, tells."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flowrun.operators.training._collection import longest
from flowrun.operators.training.labelled_examples import labelled_examples
from flowrun.schemas.ports import Embeddings, Examples, Failed, Windows
from flowrun.schemas.spec import spec_of
from flowrun.schemas.stream_info import Mismatch, StreamInfo

Play = Callable[..., list[Any]]


def recording(stream: str, windows: int, *, cut: int = 100, value: float = 1.0, model: str = "yamnet") -> list[Any]:
    """Embeddings of a recording, in blocks of *cut* windows; a window holds its number."""
    blocks = []
    for first in range(0, windows, cut):
        numbers = np.arange(first, min(first + cut, windows))
        at = Windows(stream, 0.48 * numbers, 0.975, 0.48, last=first + cut >= windows)
        blocks.append(Embeddings(at, np.stack([numbers, np.full(len(numbers), value)], 1).astype(np.float32), model))
    return blocks


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("dog/1-a.wav", "dog/1-b.wav", "dog/2-a.wav", "cat/3-a.wav", "Unknown/street.wav", "notes.wav"):
        path = tmp_path / "sounds" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "sounds" / "dog" / "list.txt").touch()
    return tmp_path / "sounds"


def check(classes: Path, **options: Any) -> StreamInfo:
    spec = spec_of(labelled_examples)
    defaults = {name: rule.get("default") for name, rule in spec.parameters["properties"].items()}
    info = StreamInfo(step="embeddings", window_s=0.975, hop_s=0.48, embedding="yamnet")
    return spec.info(embeddings=info, **{**defaults, "classes": classes, **options})


def test_a_folder_is_a_class_and_the_folder_unknown_is_none(play: Play, folder: Path) -> None:
    items = [item for name in ("dog/1-a.wav", "cat/3-a.wav", "Unknown/street.wav") for item in recording(name, 3)]
    (got,) = play(labelled_examples, items, classes=folder)
    assert isinstance(got, Examples)
    assert got.labels == ("cat", "dog")
    assert got.targets.tolist() == [[False, True], [True, False], [False, False]]
    assert got.ids.tolist() == ["dog/1-a.wav", "cat/3-a.wav", "Unknown/street.wav"]
    assert (got.embedding, got.stream, got.hop_s, got.last, got.epoch_end) == ("yamnet", "sounds", 0.48, True, True)


@pytest.mark.parametrize("cut", [1, 4, 100])
def test_a_long_recording_is_cut_into_equal_examples_that_stay_together(play: Play, folder: Path, cut: int) -> None:
    (got,) = play(labelled_examples, recording("dog/1-a.wav", 7, cut=cut), classes=folder, example_s=2.0)
    assert longest(2.0, 0.975, 0.48) == 4
    assert got.lengths.tolist() == [4, 3]
    assert got.features[:, :, 0].tolist() == [[0, 1, 2, 3], [4, 5, 6, 0]]
    assert got.ids.tolist() == ["dog/1-a.wav@0", "dog/1-a.wav@1.92"]
    assert set(got.groups.tolist()) == {"dog/1-a.wav"}


def test_a_pattern_in_the_name_tells_what_stays_together(play: Play, folder: Path) -> None:
    items = [item for name in ("dog/1-a.wav", "dog/1-b.wav", "dog/2-a.wav") for item in recording(name, 2)]
    (got,) = play(labelled_examples, items, classes=folder, group=r"(\d+)-|street")
    assert got.groups.tolist() == ["1", "1", "2"]


def test_a_list_chooses_the_files_and_tells_their_classes(play: Play, tmp_path: Path) -> None:
    path = tmp_path / "meta.csv"
    path.write_text("filename,fold,category\na.ogg,1,dog\nb.ogg,2,cat\nc.ogg,2,cow\nd.ogg,1,cat\ne.ogg,2,dog\n")
    items = [item for name in ("audio/a.ogg", "audio/b.ogg", "audio/c.ogg", "x.ogg") for item in recording(name, 2)]
    (got,) = play(labelled_examples, items, classes=path, unknown=["cow"])
    assert got.labels == ("cat", "dog")
    assert got.groups.tolist() == ["1", "2", "2"]
    assert got.targets.any(axis=1).tolist() == [True, True, False]
    (got,) = play(labelled_examples, items, classes=path, min_groups=2)  # a cow is one too few
    assert got.labels == ("cat", "dog")
    assert got.ids.tolist() == ["audio/a.ogg", "audio/b.ogg"]


def test_it_refuses_what_makes_no_set(play: Play, folder: Path) -> None:
    mixed = [*recording("dog/1-a.wav", 2), *recording("cat/3-a.wav", 2, model="vggish")]
    failed, got = play(labelled_examples, mixed, classes=folder)
    assert isinstance(failed, Failed)
    assert str(failed.error) == "the set has yamnet embeddings, got vggish"
    assert len(got) == 1
    with pytest.raises(ValueError, match="no recording of a class came"):
        play(labelled_examples, recording("elsewhere.wav", 2), classes=folder)


def test_check_tells_the_classes_and_how_many_recordings_each_has(folder: Path) -> None:
    info = check(folder)
    assert (info.labels, info.groups) == (("cat", "dog"), {"cat": 1, "dog": 3})
    assert (info.embedding, info.hop_s, info.stream) == ("yamnet", 0.48, "sounds")
    assert check(folder, group=r"(\d+)-|street").groups == {"cat": 1, "dog": 2}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"unknown": ["cat", "unknown", "dog"]}, "has no class, so there is nothing to tell apart"),
        ({"unknown": [], "min_groups": 2}, "has only the class 'dog', so there is nothing to tell apart"),
        ({"group": "("}, "group: '(' is no regular expression: missing ), unterminated subpattern at position 0"),
        ({"group": r"(\d+)-"}, "the pattern '(\\\\d+)-' finds nothing in 'Unknown/street.wav'"),
        ({"example_s": 0.5}, "example_s must be at least the 0.975 s of a window, got 0.5 s"),
    ],
)
def test_check_refuses_what_cannot_be_learnt(folder: Path, options: dict[str, Any], said: str) -> None:
    with pytest.raises(Mismatch) as failed:
        check(folder, **options)
    assert str(failed.value).removeprefix(f"{folder} ") == said


def test_one_class_and_sounds_of_none_are_enough(folder: Path) -> None:
    assert check(folder, unknown=["unknown", "cat"]).labels == ("dog",)
