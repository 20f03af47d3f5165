"""Operators may be called on one another: what failed in one goes past the next."""

from __future__ import annotations

from typing import Any

import numpy as np
from reactivex import of

from flowrun.schemas.kernel import each, per_stream
from flowrun.schemas.ports import Audio, Failed


def audio(count: int) -> Audio:
    return Audio(np.zeros(count, np.float32), 16000, "s")


def test_a_failure_goes_past_the_kernels_behind_it() -> None:
    def odd_ones_fail(item: Audio) -> Audio:
        if len(item.samples) % 2:
            raise ValueError(f"{len(item.samples)} is odd")
        return item

    lengths: list[int] = []

    def remember(item: Audio) -> list[Audio]:
        lengths.append(len(item.samples))
        return [item]

    got: list[Any] = []
    failing = each(of(audio(2), audio(3), audio(4)), odd_ones_fail)
    each(per_stream(failing, lambda: remember), odd_ones_fail).subscribe(got.append)
    assert lengths == [2, 4]
    assert [type(item) for item in got] == [Audio, Failed, Audio]
    assert str(got[1].error) == "3 is odd"
