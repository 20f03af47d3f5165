"""A folder of audio files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from reactivex import Observable

from flowrun.operators._printable import printable
from flowrun.operators.sources._journal import Entry, Journal, entry_of
from flowrun.operators.sources._listing import EXTENSIONS, files, matches
from flowrun.operators.sources._reading import Cut, read_blocks
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
        pattern: Which files, such as "*.wav", by name or, with a "/", by path inside the folder; without it all with
            an audio file's extension. Upper and lower case are the same.
        recursive: Look into sub-folders too. Hidden files and folders, and links to folders, are left out.
        journal: A file that remembers which files are done, so that another run only does new and changed ones.
        workers: How many files are read side by side, with all the steps that follow up to the sinks.
        channel: The channel to read, from 1; without it the mean of all channels.
        block_s: How much is read at a time.
    """
    patterns = [pattern] if isinstance(pattern, str) else pattern or [f"*.{extension}" for extension in EXTENSIONS]
    cut = Cut(block_s, channel)
    done = Journal(journal)
    under_way: dict[str, Entry] = {}
    run.on_stream_end(lambda stream: done.add(under_way.pop(stream, None)))

    def items() -> Iterator[Audio | Failed]:
        found = [name for name in files(path, recursive, run.warn) if matches(name, patterns)]
        if not found:
            raise ValueError(f"no file in {path} matches {', '.join(patterns[:4])}{' …' * (len(patterns) > 4)}")
        waiting = [name for name in found if not done.has(entry_of(path, name))]
        run.expect(streams=len(waiting))
        for name in waiting:
            if run.stopping.is_set():
                return
            if not run.claim(name):
                continue
            entry, stream = entry_of(path, name), printable(name)
            for block in read_blocks(path / name, stream, cut, run.stopping):
                if isinstance(block, Failed):
                    entry["error"] = str(block.error)
                ends = block.ends_stream if isinstance(block, Failed) else block.last
                if ends and not run.stopping.is_set():  # one that is cut short because the run is to end is not done
                    under_way[stream] = entry
                yield block

    return produce(items)
