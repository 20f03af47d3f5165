"""The class of a recording, by its folder or by a list."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowrun.models.examples.labelled_files import Labelled, find, groups_by_class, in_folders, in_list


def test_the_first_folder_is_the_class_and_each_file_its_own_group() -> None:
    got = in_folders(["dog/a.wav", "dog/home/b.wav", "cat/a.wav", "readme.wav"], None)
    assert [(name, known.label) for name, known in got.items()] == [
        ("dog/a.wav", "dog"),
        ("dog/home/b.wav", "dog"),
        ("cat/a.wav", "cat"),
    ]
    assert groups_by_class(got) == {"cat": 1, "dog": 2}


def test_a_list_tells_class_and_fold(tmp_path: Path) -> None:
    path = tmp_path / "meta.csv"
    path.write_text("filename,fold,category\na.ogg,1,dog\nb.ogg,2,dog\nc.ogg,2,cat\n")
    got = in_list(path, {}, None)
    assert got["b.ogg"] == Labelled("dog", "2")
    assert groups_by_class(got) == {"cat": 1, "dog": 2}
    assert in_list(path, {"file": "filename", "label": "fold"}, r"(\w)\.")["c.ogg"] == Labelled("2", "c")
    assert find(got, "audio/c.ogg") == Labelled("cat", "2")
    assert find(got, "audio/d.ogg") is None


@pytest.mark.parametrize(
    ("text", "columns", "said"),
    [
        ("name,category\na,b\n", {}, "meta.csv:1: no column 'filename' or 'file' or 'path' for the file; it has name,"),
        ("file,label\na,b\n", {"group": "take"}, "meta.csv:1: no column 'take' for the group"),
        ("file,label\na,b\n\nc,\n", {}, "meta.csv:4: a line without a file or without a class"),
        ("file,label\na,b\na,c\n", {}, "meta.csv:3: 'a' is listed a second time"),
        ('file,label\na,"b\n', {}, "meta.csv:1: unexpected end of data"),
        ("file,label\na\n", {}, "meta.csv:2: a line without a file or without a class"),
    ],
)
def test_a_list_with_a_fault_is_told_with_its_line(
    tmp_path: Path, text: str, columns: dict[str, str], said: str
) -> None:
    path = tmp_path / "meta.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"meta\.csv") as failed:
        in_list(path, columns, None)
    assert str(failed.value).removeprefix(f"{tmp_path}/").startswith(said)


def test_a_list_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "meta.csv"
    path.write_bytes(b"file,label\n\xff,b\n")
    with pytest.raises(ValueError, match="not UTF-8"):
        in_list(path, {}, None)


def test_a_pattern_that_does_not_fit_a_name_is_told() -> None:
    with pytest.raises(ValueError, match=r"finds nothing in 'dog/a\.wav'"):
        in_folders(["dog/1.wav", "dog/a.wav"], r"\d+")
