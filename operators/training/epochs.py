"""The same examples, again and again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated

from reactivex import Observable

from flowrun.models.examples.joined import joined
from flowrun.models.examples.spool import Spool
from flowrun.schemas.kernel import per_stream
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Examples
from flowrun.schemas.run import Run
from flowrun.schemas.spec import operator

MEGABYTE = 1_000_000


@operator
def epochs(
    examples: Observable[Examples],
    *,
    count: Annotated[int, Field(ge=1)] = 100,
    memory_mb: Annotated[int, Field("MB", ge=1)] = 500,
    run: Run,
) -> Observable[Examples]:
    """Play a set of examples several times.

    The set is read once. It is kept in memory; one that is larger goes to a file that vanishes with the run, and is
    played from there, block by block.

    Args:
        count: How many times.
        memory_mb: The most that is kept in memory.
    """
    return per_stream(examples, lambda: _Kernel(count, memory_mb * MEGABYTE, run))


class _Kernel:
    def __init__(self, count: int, memory_bytes: int, run: Run) -> None:
        self.count = count
        self.memory_bytes = memory_bytes
        self.run = run
        self.blocks: list[Examples] = []
        self.bytes = 0
        self.spool: Spool | None = None

    def __call__(self, block: Examples) -> Iterator[Examples]:
        self._keep(block)
        if not block.last:
            return
        try:
            yield from self._played()
        finally:
            if self.spool:
                self.spool.close()

    def _played(self) -> Iterator[Examples]:
        for epoch in range(self.count):
            for part, ends in self._whole():
                if self.run.stopping.is_set():
                    return
                last = ends and epoch == self.count - 1
                yield replace(part, epoch=epoch, epochs=self.count, epoch_end=ends, last=last)

    def _keep(self, block: Examples) -> None:
        if len(block):
            self.blocks.append(block)
            self.bytes += block.features.nbytes + block.targets.nbytes
        if self.bytes > self.memory_bytes:
            self.spool = self.spool or Spool()
            for kept in self.blocks:
                self.spool.add(kept)
            self.blocks, self.bytes = [], 0

    def _whole(self) -> Iterator[tuple[Examples, bool]]:
        """Yield the set, with whether a part is its last."""
        if self.spool is None:
            self.blocks = [joined(self.blocks)]
            yield self.blocks[0], True
            return
        for kept in self.blocks:
            self.spool.add(kept)
        self.blocks = []
        for i, part in enumerate(self.spool):
            yield part, i == len(self.spool) - 1
