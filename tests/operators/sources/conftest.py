"""Sounds on disk, and what reading one gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Flag

import numpy as np
import pytest
from numpy.typing import NDArray

from flowrun.models.signals import noise, tone
from flowrun.operators.sources._reading import Cut, read_blocks
from flowrun.schemas.ports import Audio, Failed


@dataclass
class Read:
    """What a file gave: all its samples, its blocks, and what was wrong with it."""

    blocks: list[Audio]
    failures: list[Failed]

    @property
    def samples(self) -> NDArray[np.float32]:
        """All samples."""
        return np.concatenate([np.zeros(0, np.float32), *(block.samples for block in self.blocks)])

    @property
    def fault(self) -> str:
        """The one thing that was wrong."""
        (failure,) = self.failures
        return str(failure.error)


@pytest.fixture(scope="session")
def sound() -> NDArray[np.float32]:
    """3 s of a tone in noise, at 16 kHz."""
    return tone(3.0, 16000, -20, 440) + noise(3.0, 16000, -50, seed=0)


@pytest.fixture
def read() -> Callable[..., Read]:
    """A function that reads a file; what holds for every file is checked here."""

    def reading(path: Path, block_s: float = 1.0, **cut: float) -> Read:
        items = list(read_blocks(path, "s", Cut(block_s, **cut), Flag()))  # type: ignore[arg-type]
        blocks = [item for item in items if isinstance(item, Audio)]
        failures = [item for item in items if isinstance(item, Failed)]
        assert len(failures) <= 1, "one file is one dead letter"
        assert [block.last for block in blocks] == [False] * (len(blocks) - 1) + [True] * bool(blocks)
        assert [failure.ends_stream for failure in failures] in ([], [not blocks])
        assert all(np.isfinite(block.samples).all() for block in blocks)
        assert all("Traceback" not in str(failure.error) for failure in failures)
        return Read(blocks, failures)

    return reading
