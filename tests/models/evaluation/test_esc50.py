"""ESC-50's clips by fold, and its categories in AudioSet's words."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowrun.models.bundle import bundle
from flowrun.models.evaluation.esc50 import AUDIOSET_NAMES, read_clips


def written(path: Path) -> Path:
    path.parent.mkdir(exist_ok=True)
    rows = ["b.ogg,5,dog", "a.ogg,5,siren", "c.ogg,1,dog", "d.ogg,5,can_opening"]
    path.write_text("filename,fold,category\n" + "\n".join(rows) + "\n")
    return path.parent


@pytest.mark.parametrize("category", AUDIOSET_NAMES)
def test_every_name_is_a_class_of_yamnet(category: str) -> None:
    assert set(AUDIOSET_NAMES[category]) <= set(bundle("yamnet").labels)


def test_clips_are_those_of_the_folds_and_of_the_categories_that_have_names(tmp_path: Path) -> None:
    folder = written(tmp_path / "meta.csv")
    audio = tmp_path / "audio"
    assert read_clips(folder, [5]) == [(audio / "a.ogg", "siren"), (audio / "b.ogg", "dog")]
    assert [clip.path.name for clip in read_clips(folder, [1, 5])] == ["a.ogg", "b.ogg", "c.ogg"]


def test_the_table_may_lie_where_the_set_is_published_with_it(tmp_path: Path) -> None:
    written(tmp_path / "meta" / "esc50.csv")
    assert read_clips(tmp_path, [1]) == [(tmp_path / "audio" / "c.ogg", "dog")]


def test_a_folder_without_a_table_and_folds_without_clips_are_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no folder of ESC-50"):
        read_clips(tmp_path, [5])
    with pytest.raises(ValueError, match="no clip of the folds 2, 4"):
        read_clips(written(tmp_path / "meta.csv"), [4, 2])
