"""A file is there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flowrun.models.atomic_file import atomic_file


def test_it_appears_when_all_is_written(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.txt"
    with atomic_file(path) as out:
        out.write("né\r\n")
        assert not path.exists()
    assert path.read_bytes() == "né\r\n".encode()
    assert os.listdir(path.parent) == ["a.txt"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def interrupted() -> None:
        with atomic_file(path) as out:
            out.write("new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert (path.read_text(), os.listdir(tmp_path)) == ("old", ["a.txt"])


def test_bytes_may_be_written_too(tmp_path: Path) -> None:
    with atomic_file(tmp_path / "a.bin", "wb") as out:
        out.write(b"\xff")
    assert (tmp_path / "a.bin").read_bytes() == b"\xff"


def test_permissions_are_handed_on_and_a_link_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.txt", tmp_path / "link.txt"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    with atomic_file(link) as out:
        out.write("new")
    assert link.is_symlink()
    assert (real.read_text(), real.stat().st_mode & 0o777) == ("new", 0o640)


@pytest.mark.parametrize("path", ["/dev/null", "/tmp"])
def test_what_is_no_regular_file_is_never_replaced(path: str) -> None:
    with pytest.raises(OSError, match="not a regular file"), atomic_file(Path(path)):
        pass
    assert not Path(path).is_file()
