"""A folder of audio files."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Annotated

from reactivex import Observable

from flowrun.models.atomic_file import append_line
from flowrun.operators.sources._reading import EXTENSIONS, read_blocks
from flowrun.schemas.kernel import produce
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Audio, Failed
from flowrun.schemas.run import Run
from flowrun.schemas.spec import operator


@operator(on_error="skip")
def directory(
    *,
    path: Annotated[Path, Field(exists="folder")],
    pattern: str | list[str] | None = None,
    recursive: bool = True,
    journal: Path | None = None,
    workers: Annotated[int, Field(ge=1, le=256)] = 1,
    channel: Annotated[int | None, Field(ge=1)] = None,
    block_s: Annotated[float, Field("s", gt=0, le=600)] = 10.0,
    run: Run,
) -> Observable[Audio]:
    """Read the audio files of a folder, one stream each, in natural order.

    A file that cannot be read costs no other file: by default it is skipped, with a warning; `on_error: {to: STEP}`
    makes a dead letter of it.

    Args:
        path: The folder. A stream is named by its file's path inside it.
        pattern: Which files, such as "*.wav", by name or by path inside the folder; without it all with an audio
            file's extension.
        recursive: Look into sub-folders too.
        journal: A file that remembers which files are done, so that another run only does new and changed ones.
        workers: How many files are read side by side, with all the steps that follow up to the sinks.
        channel: The channel to read, from 1; without it the mean of all channels.
        block_s: How much is read at a time.
    """
    patterns = [pattern] if isinstance(pattern, str) else pattern or [f"*.{extension}" for extension in EXTENSIONS]
    record = _Journal(journal)
    under_way: dict[str, dict[str, object]] = {}
    run.on_stream_end(lambda stream: record.add(under_way.pop(stream, None)))

    def items() -> Iterator[Audio | Failed]:
        found = [name for name in _files(path, recursive) if _matches(name, patterns)]
        if not found:
            raise ValueError(f"no file in {path} matches {', '.join(patterns[:4])}{' …' * (len(patterns) > 4)}")
        waiting = [name for name in found if not record.has(name, path / name)]
        run.expect(streams=len(waiting))
        for name in waiting:
            if run.stopping.is_set():
                return
            if not run.claim(name):
                continue
            entry = _entry(name, path / name)
            for block in read_blocks(path / name, stream=name, block_s=block_s, channel=channel, stopping=run.stopping):
                if isinstance(block, Failed):
                    entry["error"] = str(block.error)
                ends = block.ends_stream if isinstance(block, Failed) else block.last
                if ends and not run.stopping.is_set():  # one that is cut short because the run is to end is not done
                    under_way[name] = entry
                yield block

    return produce(items)


class _Journal:
    """A JSON line per file that every sink has finished with."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.done: dict[str, tuple[object, object]] = {}
        if path and path.exists():
            for line in path.read_text("utf-8").splitlines():
                try:
                    entry = json.loads(line)
                    self.done[entry["file"]] = (entry["bytes"], entry["modified_ns"])
                except (ValueError, KeyError, TypeError):
                    continue  # the last line of a run that was killed

    def has(self, name: str, path: Path) -> bool:
        if name not in self.done:
            return False
        entry = _entry(name, path)
        return self.done[name] == (entry.get("bytes"), entry.get("modified_ns"))

    def add(self, entry: dict[str, object] | None) -> None:
        if self.path and entry:
            append_line(self.path, json.dumps(entry, ensure_ascii=False))


def _entry(name: str, path: Path) -> dict[str, object]:
    try:
        status = path.stat()
    except OSError:
        return {"file": name, "bytes": None, "modified_ns": None}
    return {"file": name, "bytes": status.st_size, "modified_ns": status.st_mtime_ns}


def _files(folder: Path, recursive: bool, inside: str = "") -> Iterator[str]:
    """Yield the files below *folder*, as paths inside it, in natural order; hidden ones are left out."""
    with os.scandir(folder / inside) as entries:
        listed = sorted(entries, key=lambda entry: natural(entry.name))
    for entry in listed:
        name = f"{inside}{entry.name}"
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            if recursive:
                yield from _files(folder, recursive, f"{name}/")
        elif not entry.is_dir():
            yield name


def natural(name: str) -> list[tuple[int, int, str]]:
    """Return a sort key that counts numbers by value.

    >>> sorted(["a10.wav", "a2.wav", "A1.wav"], key=natural)
    ['A1.wav', 'a2.wav', 'a10.wav']
    """
    parts = re.split(r"([0-9]+)", name)
    return [
        (0, int(part), "") if part.isascii() and part.isdigit() else (1, 0, part.casefold()) for part in parts if part
    ] + [(2, 0, name)]


def _matches(name: str, patterns: list[str]) -> bool:
    base = name.rpartition("/")[2].casefold()
    return any(
        fnmatch(name if "/" in pattern else base, pattern if "/" in pattern else pattern.casefold())
        for pattern in patterns
    )
