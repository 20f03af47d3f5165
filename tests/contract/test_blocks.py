"""What an operator makes of audio does not depend on how the audio was cut into blocks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from reactivex import operators as ops
from reactivex.subject import Subject

from flowrun.runtime import discovery
from flowrun.schemas.ports import Audio, Event, Failed, Predictions, Windowed
from flowrun.schemas.run import Alone
from flowrun.schemas.spec import Spec

TAKE_AUDIO = [spec for spec in discovery.specs() if any(Audio in t for t in spec.inputs.values())]
# What gives events alone gives none without events that come in.
SPECS = [spec for spec in TAKE_AUDIO if set(spec.outputs.values()) - {Event}]
WHOLE = 1 << 30


def played(spec: Spec, samples: Any, size: int) -> list[list[Any]]:
    """Return what each output gives."""
    ports: dict[str, Subject[Any]] = {port: Subject() for port in spec.inputs}
    run = {spec.run_parameter: Alone()} if spec.run_parameter else {}
    given = spec.build(
        **{port: s.pipe(ops.as_observable()) for port, s in ports.items()}, **samples.options(spec), **run
    )
    outputs = given if isinstance(given, tuple) else (given,)
    received: list[list[Any]] = [[] for _ in outputs]
    for output, items in zip(outputs, received, strict=True):
        output.subscribe(items.append)
    (port,) = [port for port, kinds in spec.inputs.items() if Audio in kinds]
    for block in samples.blocks(size):
        ports[port].on_next(block)
    for subject in ports.values():
        subject.on_completed()
    return received


def joined(items: list[Any]) -> dict[str, Any]:
    """Return the arrays of a stream, each in one piece, and how it ends."""
    assert not any(isinstance(item, Failed) for item in items)
    assert [item.last for item in items] == [False] * (len(items) - 1) + [True]
    if isinstance(items[0], Audio):
        positions = np.cumsum([items[0].start_sample, *(len(item.samples) for item in items)])[:-1]
        assert [item.start_sample for item in items] == positions.tolist()
        return {"samples": np.concatenate([item.samples for item in items])}
    assert isinstance(items[0], Windowed)
    assert not isinstance(items[0], Predictions)
    names = [n for n in type(items[0]).__slots__ if isinstance(getattr(items[0], n), np.ndarray)]
    arrays = {name: np.concatenate([getattr(item, name) for item in items]) for name in names}
    return {**arrays, "start_s": np.concatenate([item.at.start_s for item in items])}


@pytest.mark.parametrize("size", [1, 7, 160, 16000])
@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_blocks_of_any_size_give_what_the_whole_gives(spec: Spec, size: int, samples: Any) -> None:
    for blocks, whole in zip(played(spec, samples, size), played(spec, samples, WHOLE), strict=True):
        expected = joined(whole)
        assert all(len(array) for array in expected.values())
        for name, array in joined(blocks).items():
            np.testing.assert_allclose(array, expected[name], rtol=0, atol=1e-5, err_msg=name)
