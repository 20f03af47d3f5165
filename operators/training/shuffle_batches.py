"""Examples in random order, in batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

from reactivex import Observable

from flowrun.models.evaluation.positives import positives
from flowrun.models.examples.joined import chosen, joined
from flowrun.schemas.kernel import per_stream
from flowrun.schemas.late import np
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Examples
from flowrun.schemas.spec import operator

if TYPE_CHECKING:
    from numpy.typing import NDArray


@operator
def shuffle_batches(
    examples: Observable[Examples],
    *,
    batch: Annotated[int, Field("examples", ge=1)] = 512,
    seed: Annotated[int, Field(ge=0)] = 1,
    buffer: Annotated[int, Field("examples", ge=1)] = 100_000,
    sampling: Literal["uniform", "balanced"] = "uniform",
) -> Observable[Examples]:
    """Shuffle each epoch anew and cut it into batches.

    The order depends on the seed and on the number of the epoch alone. The last batch of an epoch may be smaller.

    Args:
        batch: Examples of a batch.
        seed: Which of the possible orders.
        buffer: How many examples are shuffled together. A set that comes in one block is shuffled as a whole.
        sampling: Each example once per epoch; or, balanced, as many draws: a class first, of those that the buffer has,
            then one of its examples, so that rare classes are seen as often as common ones.
    """
    return per_stream(examples, lambda: _Kernel(batch, seed, buffer, balanced=sampling == "balanced"))


class _Kernel:
    def __init__(self, batch: int, seed: int, buffer: int, *, balanced: bool) -> None:
        self.batch = batch
        self.seed = seed
        self.buffer = max(buffer, batch)
        self.balanced = balanced
        self.waiting: list[Examples] = []
        self.shuffles = 0  # in this epoch

    def __call__(self, block: Examples) -> Iterator[Examples]:
        self.waiting.append(block)
        if not block.epoch_end and sum(map(len, self.waiting)) < self.buffer:
            return
        pool = joined(self.waiting)
        random = np.random.default_rng([self.seed, block.epoch, self.shuffles])
        order = balanced_order(positives(pool.targets), random) if self.balanced else random.permutation(len(pool))
        # Half of a full buffer waits, to be shuffled with what comes.
        ready = len(order) if block.epoch_end else max(self.batch, len(order) // 2) // self.batch * self.batch
        self.waiting, self.shuffles = [], self.shuffles + 1
        if block.epoch_end:
            self.shuffles = 0
        elif ready < len(order):
            self.waiting = [chosen(pool, order[ready:])]
        for start in range(0, ready, self.batch):
            end = block.epoch_end and start + self.batch >= ready
            part = chosen(pool, order[start : min(start + self.batch, ready)])
            yield replace(part, epoch=block.epoch, epoch_end=end, last=block.last and end)


def balanced_order(targets: NDArray[np.bool_], random: np.random.Generator) -> NDArray[np.intp]:
    """Draw as many examples as there are: a class first, then one of its examples.

    Args:
        targets: Shape (examples, classes); an example without a class is never drawn, unless all are.
        random: Where the draws come from.

    >>> targets = np.array([[True, False]] * 3 + [[False, True]])
    >>> order = balanced_order(np.repeat(targets, 1000, axis=0), np.random.default_rng(1))
    >>> bool(1900 < (order >= 3000).sum() < 2100)
    True
    """
    of_class, example = np.nonzero(targets.T)  # sorted by class
    if not len(example):
        return random.permutation(len(targets))
    known, first, count = np.unique(of_class, return_index=True, return_counts=True)
    drawn = random.integers(len(known), size=len(targets))
    place = first[drawn] + (random.random(len(targets)) * count[drawn]).astype(np.intp)
    order: NDArray[np.intp] = example[place]
    return order
