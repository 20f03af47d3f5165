"""Records of the forms that are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from flowrun.models.examples.messages import sequence_example

Values = Sequence[bytes] | Sequence[float] | Sequence[int]


@pytest.fixture(scope="session")
def record() -> Callable[..., bytes]:
    """A function that makes a record: the values of each key of its context, of each frame of its feature lists."""

    def fill(feature: Any, values: Values) -> None:
        kinds = {bytes: feature.bytes_list, float: feature.float_list, int: feature.int64_list}
        kinds[type(values[0]) if values else int].value.extend(values)

    def make(context: Mapping[str, Values], **lists: Sequence[Values]) -> bytes:
        example = sequence_example()
        for key, values in context.items():
            fill(example.context.feature[key], values)
        for key, frames in lists.items():
            example.feature_lists.feature_list[key].SetInParent()
            for values in frames:
                fill(example.feature_lists.feature_list[key].feature.add(), values)
        return bytes(example.SerializeToString())

    return make
