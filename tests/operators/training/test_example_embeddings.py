"""`example_embeddings` makes a stream of each example, as long as the example is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from flowrun.operators.training.example_embeddings import example_embeddings

from .conftest import numbered


def test_each_example_is_a_stream(play: Callable[..., list[Any]]) -> None:
    block = replace(numbered(3, frames=4), lengths=np.array([4, 1, 2], np.int32))
    got = play(example_embeddings, [block])
    assert [(item.stream, len(item.at), item.last, item.model) for item in got] == [
        ("0", 4, True, "vggish"),
        ("1", 1, True, "vggish"),
        ("2", 2, True, "vggish"),
    ]
    np.testing.assert_allclose(got[0].at.start_s, [0, 0.96, 1.92, 2.88])
    assert got[2].vectors.tolist() == [[2, 2, 2]] * 2
