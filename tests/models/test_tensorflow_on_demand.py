"""What cannot end without TensorFlow does not begin without it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import reactivex

from flowrun.models import tensorflow_on_demand
from flowrun.operators.training.cross_validate import cross_validate
from flowrun.operators.training.save_model import save_model
from flowrun.operators.training.train import train
from flowrun.schemas.errors import ModelError
from flowrun.schemas.run import Alone


@pytest.mark.parametrize(
    ("operator", "options"),
    [(train, {"model": "logistic", "folder": Path("x")}), (save_model, {"folder": Path("x")}), (cross_validate, {})],
    ids=["train", "save_model", "cross_validate"],
)
def test_it_is_missed_when_a_flow_is_built(
    monkeypatch: pytest.MonkeyPatch, operator: Callable[..., Any], options: dict[str, Any]
) -> None:
    monkeypatch.setattr(tensorflow_on_demand, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match=r"needs TensorFlow: pip install 'flowrun\[train\]'"):
        operator(reactivex.never(), **options, run=Alone())
