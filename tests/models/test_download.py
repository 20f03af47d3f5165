"""A download ends with the whole, checked file, or in one line that says what to do."""

from __future__ import annotations

import hashlib
import shutil
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flowrun.models.atomic_file import part_of
from flowrun.models.download import download
from flowrun.schemas.errors import ModelError

CONTENT = bytes(range(256)) * 4000  # 1 MB: more than any buffer on the way
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def fetch(web: Any, tmp_path: Path) -> Any:
    web.files["/model"] = CONTENT

    def fetch(url: str = "", **options: Any) -> list[float]:
        waits: list[float] = []
        options.setdefault("progress", lambda *_: None)
        download(url or f"{web.address}/model", tmp_path / "model", wait=waits.append, timeout_s=5.0, **options)
        return waits

    return fetch


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_file_is_the_only_thing_that_stays(fetch: Any, tmp_path: Path) -> None:
    fetch(sha256_expected=SHA256, bytes_expected=len(CONTENT))
    assert (tmp_path / "model").read_bytes() == CONTENT
    assert leftovers(tmp_path) == ["model"]


def test_progress_rises_to_the_whole(fetch: Any) -> None:
    seen: list[tuple[str, int, int | None]] = []
    fetch(progress=lambda *now: seen.append(now))
    assert {(name, total) for name, _, total in seen} == {("model", len(CONTENT))}
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)
    assert seen[0][1] == 0
    assert seen[-1][1] == len(CONTENT)


def test_a_broken_download_goes_on_where_it_broke(fetch: Any, web: Any, tmp_path: Path) -> None:
    web.cuts = [300_000, 300_000]
    fetch()
    assert web.requests == [("/model", ""), ("/model", "bytes=300000-"), ("/model", "bytes=600000-")]
    assert (tmp_path / "model").read_bytes() == CONTENT


def test_a_later_call_goes_on_too(fetch: Any, web: Any, tmp_path: Path) -> None:
    web.cuts = [500_000, 0, 0, 0, 0]
    with pytest.raises(ModelError, match=r"500,000 of 1,024,000 bytes \(4 tries\); 500,000 bytes are kept, pull again"):
        fetch()
    assert not (tmp_path / "model").exists()
    web.cuts = []
    fetch()
    assert web.requests[-1] == ("/model", "bytes=500000-")
    assert (tmp_path / "model").read_bytes() == CONTENT


def test_a_file_that_changed_meanwhile_is_fetched_from_its_start(fetch: Any, web: Any, tmp_path: Path) -> None:
    web.cuts = [500_000, 0, 0, 0, 0]
    with pytest.raises(ModelError):
        fetch()
    web.cuts, web.etag, web.files["/model"] = [], '"2"', CONTENT[::-1]
    fetch()
    assert (tmp_path / "model").read_bytes() == CONTENT[::-1]


def test_a_server_without_ranges_sends_it_all_again(fetch: Any, web: Any, tmp_path: Path) -> None:
    web.ranges, web.cuts = False, [300_000]
    fetch()
    assert (tmp_path / "model").read_bytes() == CONTENT


def test_without_a_version_or_a_checksum_nothing_is_continued(fetch: Any, web: Any, tmp_path: Path) -> None:
    web.etag, web.cuts = None, [300_000]
    fetch()
    assert web.requests[-1] == ("/model", "")
    assert (tmp_path / "model").read_bytes() == CONTENT


def test_a_server_that_tells_no_length_serves_too(fetch: Any, web: Any, tmp_path: Path) -> None:
    web.lengths = False
    fetch(sha256_expected=SHA256)
    assert (tmp_path / "model").read_bytes() == CONTENT


def test_a_part_that_is_too_long_is_dropped(fetch: Any, tmp_path: Path) -> None:
    part_of(tmp_path / "model").write_bytes(CONTENT + b"more")
    fetch(sha256_expected=SHA256)
    assert (tmp_path / "model").read_bytes() == CONTENT


def test_a_wrong_checksum_deletes_the_part(fetch: Any, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=f"the SHA-256 is {SHA256}, not 00: .*deleted"):
        fetch(sha256_expected="00")
    assert leftovers(tmp_path) == []


def test_a_wrong_length_is_refused_before_it_is_fetched(fetch: Any, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="has 1,024,000 bytes, but 5 are expected"):
        fetch(bytes_expected=5)
    assert leftovers(tmp_path) == []


def test_what_is_not_there_is_not_asked_for_again(fetch: Any, web: Any) -> None:
    with pytest.raises(ModelError, match=r"/other: 404 Not Found$"):
        fetch(f"{web.address}/other")
    assert len(web.requests) == 1


def test_a_server_that_is_busy_is_asked_again_later(fetch: Any, web: Any) -> None:
    web.statuses = [503, 429]
    assert fetch() == [1.0, 2.0]


def test_no_network_ends_in_one_line(fetch: Any) -> None:
    with socket.socket() as taken:  # bound but not listening: connections to it are refused
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(ModelError, match=r"Connection refused \(4 tries\)$"):
            fetch(f"http://127.0.0.1:{taken.getsockname()[1]}/model")


def test_a_full_disk_ends_in_one_line_and_keeps_what_has_come(fetch: Any, tmp_path: Path) -> None:
    part_of(tmp_path / "model").symlink_to("/dev/full")
    with pytest.raises(ModelError, match="the disk is full; what has come is kept: make room and pull again"):
        fetch()


def test_what_does_not_fit_is_not_begun(fetch: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1))
    with pytest.raises(ModelError, match=r"1\.0 MB more are needed, 0\.0 MB are free"):
        fetch()
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://127.0.0.1/x", "/etc/hostname"])
def test_only_web_addresses_are_fetched(fetch: Any, url: str) -> None:
    with pytest.raises(ModelError, match="only http and https"):
        fetch(url)


def test_a_redirection_leads_to_web_addresses_only(fetch: Any, web: Any) -> None:
    web.redirect = "file:///etc/hostname"
    with pytest.raises(ModelError, match="302"):
        fetch()
