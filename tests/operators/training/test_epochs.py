"""`epochs` plays a set several times, from memory or from disk, and says where each time ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from flowrun.models.examples.joined import joined
from flowrun.operators.training.epochs import _Kernel, epochs
from flowrun.schemas.run import Alone


def test_each_epoch_is_the_whole_set(play: Callable[..., list[Any]], blocks: Callable[..., Any]) -> None:
    got = play(epochs, blocks(5, 2, 4), count=3)
    assert [item.ids.tolist() for item in got] == [["0", "1", "2", "3", "4"]] * 3
    assert [(item.epoch, item.epochs, item.epoch_end, item.last) for item in got] == [
        (0, 3, True, False),
        (1, 3, True, False),
        (2, 3, True, True),
    ]


@pytest.mark.parametrize("edges", [(), (1,), (2, 4)])
def test_a_set_on_disk_is_the_same(blocks: Callable[..., Any], edges: tuple[int, ...]) -> None:
    whole, small = blocks(5)[0], _Kernel(2, 10, Alone())  # 10 bytes hold no example
    got = [part for block in blocks(5, *edges) for part in small(block)]
    assert [part.epoch_end for part in got] == ([False] * len(edges) + [True]) * 2
    assert [part.last for part in got] == [False] * (len(got) - 1) + [True]
    for epoch in (0, 1):
        again = joined([part for part in got if part.epoch == epoch])
        for name in ("features", "lengths", "targets", "ids"):
            np.testing.assert_array_equal(getattr(again, name), getattr(whole, name))


def test_it_ends_when_the_run_is_to_stop(blocks: Callable[..., Any]) -> None:
    run = Alone()
    playing = _Kernel(100, 1000, run)(blocks(3)[0])
    assert next(playing).epoch == 0
    run.stopping.set()
    assert list(playing) == []
