"""Examples that do not fit memory, in a file that has no name and vanishes with the process."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from typing import IO, Any

from flowrun.schemas.late import np
from flowrun.schemas.ports import Examples

ARRAYS = ("features", "lengths", "targets", "ids")


class Spool:
    """Blocks of examples on disk, in the order in which they came; a target that is yes or no takes a bit."""

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile(prefix="flowrun-examples-")  # noqa: SIM115  # `close` ends it
        self._blocks: list[Examples] = []  # without their arrays
        self._classes = 0

    def __len__(self) -> int:
        return len(self._blocks)

    def add(self, block: Examples) -> None:
        """Add a block.

        Raises:
            OSError: the disk is full.
        """
        self._classes = block.targets.shape[1]
        for name in ARRAYS:
            array = getattr(block, name)
            np.save(self._file, np.packbits(array, axis=1) if array.dtype == np.bool_ else array, allow_pickle=False)
        nothing: dict[str, Any] = {name: np.empty(0) for name in ARRAYS}
        self._blocks.append(replace(block, **nothing))

    def close(self) -> None:
        """Let go of the file, and the room it takes."""
        self._file.close()

    def __iter__(self) -> Iterator[Examples]:
        """Yield all blocks; nothing may be added meanwhile."""
        self._file.seek(0)
        for block in self._blocks:
            arrays: dict[str, Any] = {name: np.load(self._file, allow_pickle=False) for name in ARRAYS}
            if arrays["targets"].dtype == np.uint8:
                arrays["targets"] = np.unpackbits(arrays["targets"], axis=1, count=self._classes).astype(bool)
            yield replace(block, **arrays)
