"""Checkpoints on disk: arrays by name, and a text that says what they are; whole or not at all."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowrun.models.atomic_file import atomic_file
from flowrun.schemas.errors import ModelError
from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

ABOUT = "about.json"


def write_checkpoint(path: Path, arrays: Mapping[str, NDArray[Any]], about: Mapping[str, Any]) -> None:
    """Write a checkpoint in the place of the one before, which stays if this fails.

    Raises:
        OSError: the folder cannot be written, or the disk is full.
    """
    text = np.frombuffer(json.dumps(about).encode(), np.uint8)
    whole: dict[str, Any] = {ABOUT: text, **arrays}
    with atomic_file(path, "wb") as stream:
        np.savez(stream, **whole)


def read_checkpoint(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Return the arrays of a checkpoint and what it says of them; every byte is checked.

    Raises:
        ModelError: it is damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        about = json.loads(arrays.pop(ABOUT).tobytes())
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ModelError(f"{path}: not a checkpoint that can be read: {error}; delete it to start again") from None
    return arrays, dict(about)
