"""The fake tells what the real server declares: the pages are tried with nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.web.scenes import Scene, busy, connections, event, training

shapes = pytest.importorskip("flowrun.operators.sinks._web.shapes")
SCENE = busy()


@pytest.mark.parametrize(
    ("told", "shape"),
    [
        (SCENE.state(), "STATE"),
        (SCENE.flow(), "FLOW"),
        (event(1), "EVENT"),
        (connections()[0], "CONNECTION"),
        (connections()[1], "CONNECTION"),
        (training(), "TRAINING_RUN"),
        (Scene(password="x").state(), "STATE"),
    ],
)
def test_a_scene_has_the_shape_of_the_api(told: Any, shape: str) -> None:
    assert [error.message for error in Draft202012Validator(getattr(shapes, shape)).iter_errors(told)] == []
