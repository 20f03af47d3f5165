"""What a recording is of: `manifest.json`, beside the flow as it was run and the pieces."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from flowrun.models.atomic_file import atomic_file
from flowrun.schemas.errors import FlowError, FlowrunError, Problem

FORMAT = 1
MANIFEST, FLOW, PIECES = "manifest.json", "flow.yaml", "pieces"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a recording ended; error: what made the flow fail, if anything did.

    pieces: how many there were. lost_blocks, lost_events: what could not be kept. dropped: for each step that was too
    slow, how many items its queue dropped.
    """

    at: str
    error: str | None
    pieces: int
    lost_blocks: int
    lost_events: int
    dropped: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a recording is of.

    flow: path of the flow, to which its own paths are relative. settings: its `--set`. environment: the variables that
    it asked for, and whether each was set; a value may be a secret, so none is kept. sources: the rate of each, Hz,
    where the flow tells. events: the steps that give events. ended: None while it is written, or if it was interrupted.
    """

    flowrun: str
    began_at: str
    flow: str
    settings: tuple[str, ...]
    environment: Mapping[str, bool]
    sources: Mapping[str, int | None]
    events: tuple[str, ...]
    ended: Ended | None = None
    format: int = FORMAT


def begin(folder: Path, manifest: Manifest, text: str) -> None:
    """Make a recording of the flow with that *text* in *folder*, which is new or empty.

    Raises:
        FlowError: it is not.
        OSError: it cannot be made.
    """
    if (folder / MANIFEST).exists():
        raise _refused(folder, "holds a recording already", "name a new folder")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise _refused(folder, "is not an empty folder", "name a new one")
    (folder / PIECES).mkdir(parents=True)
    with atomic_file(folder / FLOW) as out:
        out.write(text)
    write(folder, manifest)


def end(folder: Path, manifest: Manifest, ended: Ended) -> None:
    """Note that the recording is complete.

    Raises:
        OSError: it cannot be noted.
    """
    write(folder, replace(manifest, ended=ended))


def discard(folder: Path) -> None:
    """Remove a recording of nothing, so that its folder can be used again."""
    for file in (MANIFEST, FLOW):
        (folder / file).unlink(missing_ok=True)
    (folder / PIECES).rmdir()
    with suppress(OSError):  # it is where we are
        folder.rmdir()


def write(folder: Path, manifest: Manifest) -> None:
    """Write the manifest."""
    with atomic_file(folder / MANIFEST) as out:
        out.write(json.dumps(asdict(manifest), indent=1) + "\n")


def read(folder: Path) -> Manifest:
    """Return the manifest of the recording in *folder*.

    Raises:
        FlowrunError: there is none, or none that this version can read.
    """
    path = folder / MANIFEST
    if not path.is_file():
        what = "holds no recording" if folder.is_dir() else "no such folder"
        raise FlowrunError(f"{folder}: {what}; `flowrun record` makes one")
    try:
        data: dict[str, Any] = json.loads(path.read_bytes())
        if data["format"] != FORMAT:
            raise FlowrunError(f"{path}: its format is {data['format']}, and this flowrun reads format {FORMAT}")
        ended = data["ended"] and Ended(**data["ended"])
        lists = {"settings": tuple(data["settings"]), "events": tuple(data["events"])}
        return Manifest(**{**data, **lists, "ended": ended})
    except (ValueError, KeyError, TypeError):
        raise FlowrunError(f"{path} is damaged: it is not the manifest of a recording") from None


def _refused(folder: Path, message: str, remedy: str) -> FlowError:
    return FlowError([Problem(f"--to {folder}", 0, 0, "recording", message, remedy)])
