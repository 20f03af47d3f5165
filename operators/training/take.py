"""Some of the examples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

import reactivex
from reactivex import Observable
from reactivex import operators as ops

from flowrun.models.examples.joined import chosen
from flowrun.schemas.kernel import each
from flowrun.schemas.late import np
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Examples, Failed
from flowrun.schemas.spec import operator


@operator
def take(examples: Observable[Examples], *, count: Annotated[int, Field("examples", ge=1)]) -> Observable[Examples]:
    """Take the first examples of a set, to try a flow out; the rest is not read.

    Args:
        count: How many.
    """

    def taken(_: object) -> Observable[Examples]:
        def goes_on(block: Examples | Failed) -> bool:
            return isinstance(block, Failed) or not block.last

        return each(examples, _first(count)).pipe(ops.take_while(goes_on, inclusive=True))

    return reactivex.defer(taken)


def _first(count: int) -> Callable[[Examples], Examples]:
    left = count

    def cut(block: Examples) -> Examples:
        nonlocal left
        ends = len(block) >= left
        part = chosen(block, np.arange(left)) if len(block) > left else block
        left -= len(part)
        return replace(part, epoch_end=True, last=True) if ends else part

    return cut
