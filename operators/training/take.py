"""Some of the examples."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import reactivex
from reactivex import Observable
from reactivex import operators as ops

from flowrun.models.examples.joined import chosen
from flowrun.schemas.kernel import each
from flowrun.schemas.late import np
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Examples
from flowrun.schemas.spec import operator


@operator
def take(examples: Observable[Examples], *, count: Annotated[int, Field("examples", ge=1)]) -> Observable[Examples]:
    """Take the first examples of a set, to try a flow out; the rest is not read.

    Args:
        count: How many.
    """

    def taken(_: object) -> Observable[Examples]:
        first = _First(count)
        return each(examples, first).pipe(ops.take_while(lambda _: first.left > 0, inclusive=True))

    return reactivex.defer(taken)


class _First:
    def __init__(self, count: int) -> None:
        self.left = count

    def __call__(self, block: Examples) -> Examples:
        part = chosen(block, np.arange(self.left)) if len(block) > self.left else block
        self.left -= len(part)
        return part if self.left else replace(part, epoch_end=True, last=True)
