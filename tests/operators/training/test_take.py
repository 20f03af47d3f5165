"""`take` ends a set early."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from flowrun.operators.training.take import take


@pytest.mark.parametrize(("count", "sizes"), [(1, [1]), (2, [2]), (3, [2, 1]), (5, [2, 2, 1]), (9, [2, 2, 1])])
def test_it_takes_the_first(
    play: Callable[..., list[Any]], blocks: Callable[..., Any], count: int, sizes: list[int]
) -> None:
    got = play(take, blocks(5, 2, 4), count=count)
    assert [len(item) for item in got] == sizes
    assert [name for item in got for name in item.ids] == [str(n) for n in range(min(count, 5))]
    assert [item.last and item.epoch_end for item in got] == [False] * (len(sizes) - 1) + [True]
