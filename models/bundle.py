"""Model bundles: a folder with weights and `model.json`, which says what they are and what they fit.

A bundle is looked for by name in the folders of $FLOWRUN_MODELS, in the user's cache, and among those shipped with
flowrun, in this order; a path leads to it directly. The manifests of models that must be fetched are shipped, so
labels and shapes are known before the weights are there.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from flowrun.schemas.errors import ModelError
from flowrun.schemas.stream_info import nearest

SHIPPED = Path(__file__).parent
MANIFEST = "model.json"


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file of a bundle; bytes and sha256 are of the published file, url is where it is fetched."""

    path: str
    sha256: str | None = None
    bytes: int | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Bundle:
    """A model: its manifest, and the folders in which its files may lie.

    labels: the classes of the scores. thresholds: the score from which each is to be taken for heard, where known.
    embedding: the model whose embeddings it takes. data: the whole manifest.
    """

    name: str
    folders: tuple[Path, ...]
    data: Mapping[str, Any]

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the classes, in the order of the scores; empty for a model without."""
        return tuple(self.data.get("labels", ()))

    @property
    def thresholds(self) -> tuple[float, ...] | None:
        """The score from which each class is to be taken for heard, where the model says so."""
        given = self.data.get("thresholds")
        return tuple(map(float, given)) if given else None

    @property
    def embedding(self) -> str | None:
        """Name of the model whose embeddings this one takes, if it takes embeddings."""
        given = self.data.get("input", {}).get("embedding")
        return str(given) if given is not None else None

    @property
    def files(self) -> tuple[ModelFile, ...]:
        """The files the bundle consists of, beside the manifest."""
        return tuple(ModelFile(**file) for file in self.data["files"])

    def find(self, file: str) -> Path | None:
        """Return where *file* lies, or None."""
        return next((folder / file for folder in self.folders if (folder / file).is_file()), None)

    def path(self, file: str) -> Path:
        """Return where *file* lies.

        Raises:
            ModelError: it is not there.
        """
        found = self.find(file)
        if found is None:
            raise ModelError(
                f"model {self.name!r}: {file} is not here; run `flowrun models pull {self.name}`, "
                "or set FLOWRUN_MODELS to the folder that holds it"
            )
        return found


def cache_folder() -> Path:
    """Return where pulled models are kept."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "flowrun" / "models"


def roots() -> tuple[Path, ...]:
    """Return the folders that hold bundles, in the order in which they are searched."""
    chosen = [Path(part).expanduser() for part in os.environ.get("FLOWRUN_MODELS", "").split(os.pathsep) if part]
    return (*chosen, cache_folder(), SHIPPED)


def bundle(name: str) -> Bundle:
    """Return the bundle called *name*, or the one in the folder *name* where that is a path.

    Raises:
        ModelError: there is none, or its manifest is damaged.
    """
    if "/" in name or name.startswith("."):
        folder = Path(name).expanduser()
        if not (folder / MANIFEST).is_file():
            raise ModelError(f"{name}: no model bundle: the folder has no {MANIFEST}")
        data = read_manifest(folder / MANIFEST)
        return Bundle(str(data["name"]), (folder,), data)
    for root in roots():
        manifest = root / name / MANIFEST
        if manifest.is_file():
            # A lone weights file in a search folder serves as well as one in the bundle's own folder.
            folders = tuple(folder for r in roots() for folder in (r / name, r))
            return Bundle(name, (manifest.parent, *folders), read_manifest(manifest))
    raise ModelError(f"no model {name!r}; {nearest(name, names() or ['none'])}")


def names() -> list[str]:
    """Return the names of all bundles that can be found, sorted."""
    return sorted({manifest.parent.name for root in roots() for manifest in _manifests(root)})


def _manifests(root: Path) -> Iterator[Path]:
    if root.is_dir():
        yield from root.glob(f"*/{MANIFEST}")


@lru_cache(maxsize=32)
def _parsed(path: Path, stamp: tuple[int, int]) -> Mapping[str, Any]:
    try:
        data = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: not a model manifest: {error}") from None
    missing = [
        key for key in ("name", "version", "task", "files", "licence") if not isinstance(data, dict) or key not in data
    ]
    if missing:
        raise ModelError(f"{path}: not a model manifest: {', '.join(missing)} missing")
    return dict(data)


def read_manifest(path: Path) -> Mapping[str, Any]:
    """Return the manifest at *path*.

    Raises:
        ModelError: it is damaged.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}") from None
    return _parsed(path, (status.st_mtime_ns, status.st_size))


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
