"""A folder keeps within its limits: the oldest recordings go first, and nothing but recordings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from flowrun.models.clips.clip_folder import Clip, ClipFolder
from flowrun.models.clips.retention import Limits, sidecar_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CLIP = Clip(np.zeros(500, np.float32), 16000, NOW, {"id": "a"}, {})
SIZE = 1044 + 102  # of the recording and of its sidecar


def write(folder: ClipFolder, count: int, since_s: float = 0.0) -> list[Path]:
    return [folder.write(CLIP, NOW + timedelta(seconds=since_s + n)) for n in range(count)]


def opened(path: Path, free: int = 1 << 40, **limits: int) -> ClipFolder:
    return ClipFolder(path, "{id}", "wav", Limits(**limits), lambda _: free)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("*.wav")}


def test_a_name_that_is_taken_gets_a_number(tmp_path: Path) -> None:
    assert [path.name for path in write(opened(tmp_path), 3)] == ["a.wav", "a-2.wav", "a-3.wav"]


def test_a_recording_of_someone_else_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"mine")
    assert [path.name for path in write(opened(tmp_path), 1)] == ["a-2.wav"]
    assert (tmp_path / "a.wav").read_bytes() == b"mine"
    assert not sidecar_of(tmp_path / "a.wav").exists()


def test_the_oldest_go_when_all_together_are_too_large_with_those_of_earlier_runs(tmp_path: Path) -> None:
    write(opened(tmp_path), 3)
    (tmp_path / "mine.wav").write_bytes(b"x" * 9999)
    (tmp_path / "mine.wav.json").write_text('{"clip": "another.wav"}')
    (path,) = write(opened(tmp_path, max_bytes=3 * SIZE), 1, since_s=10)
    assert names(tmp_path) == {"a-2.wav", "a-3.wav", path.name, "mine.wav"}
    assert not sidecar_of(tmp_path / "a.wav").exists()


def test_what_is_too_old_goes(tmp_path: Path) -> None:
    folder = opened(tmp_path, max_age_s=60)
    write(folder, 2)
    folder.expire(NOW + timedelta(seconds=60.5))
    assert names(tmp_path) == {"a-2.wav"}


def test_the_oldest_go_while_too_little_is_free(tmp_path: Path) -> None:
    write(opened(tmp_path), 3)
    write(opened(tmp_path, free=5000, min_free_bytes=5000 - SIZE // 2), 1, since_s=10)  # room for half of it
    assert names(tmp_path) == {"a-2.wav", "a-3.wav", "a-4.wav"}


@pytest.mark.parametrize("limits", [{"max_bytes": 1000}, {"min_free_bytes": 1 << 50}])
def test_no_recording_goes_in_vain(tmp_path: Path, limits: dict[str, int]) -> None:
    write(opened(tmp_path), 2)
    with pytest.raises(OSError, match=r"max_bytes|min_free_bytes"):
        write(opened(tmp_path, **limits), 1)
    assert names(tmp_path) == {"a.wav", "a-2.wav"}


def test_a_folder_that_is_none_is_an_error_of_the_disk(tmp_path: Path) -> None:
    (tmp_path / "clips").write_text("")
    with pytest.raises(OSError, match="clips"):
        write(opened(tmp_path / "clips"), 1)


def test_a_recording_that_cannot_be_written_leaves_no_sidecar(tmp_path: Path) -> None:
    (tmp_path / ".a.wav.part").mkdir()
    with pytest.raises(OSError, match=r"a\.wav\.part"):
        write(opened(tmp_path), 1)
    assert not sidecar_of(tmp_path / "a.wav").exists()
