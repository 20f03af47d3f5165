"""The health of a run tells which streams are under way, and how far long works are."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from flowrun.runtime.language.load import load
from flowrun.runtime.running.engine import Engine
from flowrun.runtime.running.losses import Losses
from flowrun.schemas.control import Control
from flowrun.schemas.health import Stats
from flowrun.schemas.ports import Audio


def test_a_stream_is_under_way_from_its_first_block_to_its_last() -> None:
    losses, silence = Losses(Stats(), Control()), np.zeros(100, np.float32)
    assert not losses.streams
    losses.heard(Audio(silence, 16000, "a"))
    losses.heard(Audio(silence, 16000, "b"))
    assert losses.streams == ("a", "b")
    losses.heard(Audio(silence, 16000, "a", 100, last=True))
    losses.ended("b")
    assert not losses.streams


def test_progress_is_part_of_the_health(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_text("steps:\n  mic: {use: pipe, rate_hz: 16000}\n  level: {use: level, window_s: 1}\n")
    engine = Engine(load(tmp_path / "f.yaml"))
    assert engine.health().progress == {}
    engine.reported["level"] = (0.5, "half")
    assert engine.health().progress == {"level": (0.5, "half")}
    assert engine.plan.name == "f"
