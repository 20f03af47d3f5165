"""`shuffle_batches` shows each example once an epoch, in an order that depends on the seed and the epoch alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowrun.operators.training.shuffle_batches import _Kernel, balanced_order, shuffle_batches

from .conftest import cut, numbered


def seen(items: list[Any]) -> list[list[str]]:
    return [item.ids.tolist() for item in items]


def test_all_arrays_follow_the_same_order(play: Callable[..., list[Any]], blocks: Callable[..., Any]) -> None:
    got = play(shuffle_batches, blocks(100), batch=32)
    assert [len(item) for item in got] == [32, 32, 32, 4]
    assert [item.epoch_end for item in got] == [item.last for item in got] == [False, False, False, True]
    for item in got:
        numbers = item.ids.astype(int)
        assert (item.features == numbers[:, None, None]).all()
        assert (item.targets.argmax(axis=1) == numbers % 3).all()


def test_the_order_is_new_in_each_epoch_and_the_same_in_each_run(play: Callable[..., list[Any]]) -> None:
    epochs = [replace(numbered(50), epoch=epoch, last=epoch == 1) for epoch in (0, 1)]
    first, again = (seen(play(shuffle_batches, epochs, batch=50)) for _ in range(2))
    other = seen(play(shuffle_batches, epochs, batch=50, seed=2))
    assert first == again
    assert len({tuple(order) for order in [*first, *other]}) == 4


@given(st.integers(1, 60), st.lists(st.integers(0, 60), max_size=4), st.integers(1, 20), st.integers(1, 40))
def test_every_example_comes_once(count: int, edges: list[int], batch: int, buffer: int) -> None:
    kernel = _Kernel(batch, 1, buffer, balanced=False)
    parts = cut(numbered(count), sorted({edge for edge in edges if edge < count} - {0}))
    got = [item for block in parts for item in kernel(block)]
    assert sorted(name for names in seen(got) for name in names) == sorted(map(str, range(count)))
    assert [item.epoch_end for item in got] == [False] * (len(got) - 1) + [True]
    assert {len(item) for item in got[:-1]} <= {batch}


def test_frames_that_no_example_of_a_batch_has_are_left_out(play: Callable[..., list[Any]]) -> None:
    whole = numbered(4, frames=5)
    short = replace(whole, lengths=np.array([2, 3, 1, 2], np.int32))
    (got,) = play(shuffle_batches, [short])
    assert got.features.shape == (4, 3, 3)


def test_balanced_draws_the_classes_alike() -> None:
    targets = np.zeros((1000, 3), bool)
    targets[:, 0], targets[:100, 1], targets[0, 2] = True, True, True
    order = balanced_order(targets, np.random.default_rng(0))
    assert len(order) == 1000
    drawn = Counter(order.tolist())
    assert drawn[0] == pytest.approx(1000 / 3, abs=60)  # the only one of its class
    assert sum(n for i, n in drawn.items() if 0 < i < 100) == pytest.approx(1000 * (1 / 3 + 0.1 / 3), abs=60)


def test_examples_without_a_class_are_shuffled_all_the_same() -> None:
    assert sorted(balanced_order(np.zeros((5, 3), bool), np.random.default_rng(0))) == [0, 1, 2, 3, 4]
