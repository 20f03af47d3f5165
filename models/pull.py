"""Fetching a model: download what its manifest lists, check it, convert what must be converted."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flowrun.models.atomic_file import atomic_file
from flowrun.models.bundle import MANIFEST, ModelFile, bundle, cache_folder, sha256
from flowrun.models.conversions import conversions
from flowrun.models.disk import need_space, no_space
from flowrun.models.download import Progress, download
from flowrun.models.lock import locked
from flowrun.models.vggish_convert import convert
from flowrun.schemas.errors import ModelError, explain


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull did: the files it fetched and converted into `folder`; none, if all was there."""

    name: str
    folder: Path
    fetched: tuple[str, ...]
    converted: tuple[str, ...]


def pull(name: str, *, source: str | None = None, progress: Progress) -> Pulled:
    """Have all files of the model *name* here.

    Files that are here and undamaged, in the cache or in a folder of $FLOWRUN_MODELS, are not fetched again. Each new
    file appears in the cache only when it is whole and checked; where the manifest gives no SHA-256, the one found is
    kept in the bundle's own copy of the manifest, so later damage is noticed. Only one process pulls a model at a time,
    a second waits and finds the work done.

    Args:
        name: Name of the bundle.
        source: A folder, or the address of one, that has the files, instead of the manifest's addresses.
        progress: Called with what is being done, the bytes so far, and in all where known.

    Raises:
        ModelError: a file cannot be fetched, is another, or does not fit on the disk; TensorFlow is missing.
    """
    if "/" in name:
        raise ModelError(f"{name}: what is pulled is named, as in `flowrun models list`, not given by its path")
    folder = cache_folder() / bundle(name).name
    try:
        with locked(folder, lambda: progress("waiting for another pull", 0, None)):
            return _Pull(name, folder, source, progress).run()
    except OSError as error:
        raise no_space(error, folder) or ModelError(f"{folder}: {explain(error)}") from None


class _Pull:
    def __init__(self, name: str, folder: Path, source: str | None, progress: Progress) -> None:
        self.bundle = bundle(name)
        self.folder = folder
        self.source = source
        self.progress = progress

    def run(self) -> Pulled:
        recorded: dict[str, dict[str, Any]] = {}
        sources = {each.source for each in conversions(self.bundle)}
        stale = [each for each in conversions(self.bundle) if not self.good(each.path, each.sha256)]
        fetched = []
        for file in self.bundle.files:
            if file.path in sources and not stale:
                continue  # all that is made of it is here
            if not self.good(file.path, file.sha256, file.bytes):
                self.fetch(file)
                fetched.append(file.path)
            path = self.bundle.path(file.path)
            if file.sha256 is None:
                recorded[file.path] = {"sha256": sha256(path), "bytes": path.stat().st_size}
        self.record(recorded)  # before the conversion, which may fail for want of TensorFlow
        for each in stale:
            path, given = self.folder / each.path, self.bundle.path(each.source)
            self.progress(each.path, 0, None)
            need_space(self.folder, given.stat().st_size // (1 if each.precision == "float32" else 4))
            convert(given, path, each.precision)
            recorded[each.path] = {"sha256": sha256(path)}
            self.record(recorded)
        return Pulled(self.bundle.name, self.folder, tuple(fetched), tuple(each.path for each in stale))

    def good(self, file: str, expected: str | None, length: int | None = None) -> bool:
        """Whether *file* is here and undamaged; a damaged one in the cache counts as missing."""
        path = self.bundle.find(file)
        if path is None:
            return False
        damaged = length not in (None, path.stat().st_size) or expected not in (None, sha256(path))
        if damaged and path.parent != self.folder:
            raise ModelError(
                f"{path}: damaged, or another file than model {self.bundle.name!r} needs; delete it and pull again"
            )
        return not damaged

    def fetch(self, file: ModelFile) -> None:
        path = self.folder / file.path
        if self.source is not None and "://" not in self.source:
            copy(self.find(file, Path(self.source).expanduser()), path, file, self.progress)
            return
        url = f"{self.source.rstrip('/')}/{file.path}" if self.source else file.url
        if url is None:
            raise ModelError(
                f"model {self.bundle.name!r}: the manifest has no address for {file.path}; pull it --from a folder"
            )
        download(url, path, sha256_expected=file.sha256, bytes_expected=file.bytes, progress=self.progress)

    def find(self, file: ModelFile, folder: Path) -> Path:
        for candidate in (folder / self.bundle.name / file.path, folder / file.path):
            if candidate.is_file():
                return candidate
        raise ModelError(f"{folder}: {file.path} is not there")

    def record(self, recorded: dict[str, dict[str, Any]]) -> None:
        """Add what was found out about files to the bundle's own copy of the manifest."""
        if not recorded:
            return
        data = dict(self.bundle.data)
        for key in ("files", "converted"):
            data[key] = [{**file, **recorded.get(file["path"], {})} for file in data.get(key, ())]
        with atomic_file(self.folder / MANIFEST) as stream:
            json.dump(data, stream, indent=1, ensure_ascii=False)


def copy(source: Path, path: Path, file: ModelFile, progress: Progress) -> None:
    """Copy a file of a bundle from a folder, checked before it appears.

    Raises:
        ModelError: it is damaged or another file.
        OSError: it cannot be read or written.
    """
    length = source.stat().st_size
    if file.bytes not in (None, length):
        raise ModelError(f"{source}: has {length:,} bytes, but {file.bytes:,} are expected: damaged, or another file")
    found = sha256(source)
    if file.sha256 not in (None, found):
        raise ModelError(f"{source}: the SHA-256 is {found}, not {file.sha256}: damaged, or another file")
    need_space(path.parent, length)
    progress(path.name, 0, length)
    with source.open("rb") as given, atomic_file(path, "wb") as stream:
        shutil.copyfileobj(given, stream, 1 << 20)
    progress(path.name, length, length)
