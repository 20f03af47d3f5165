"""Outboxes in a folder of the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flowrun.models.outbox.box import Box
from flowrun.models.outbox.letter import Limits
from flowrun.models.outbox.outbox import Outbox
from flowrun.schemas.health import Delivery


class Opened:
    """An outbox with boxes, and what it warned of."""

    def __init__(self, path: Path) -> None:
        self.warnings: list[str] = []
        self.outbox = Outbox(path, self.warnings.append)
        self._boxes: list[Box] = []

    def box(self, step: str = "hook", limits: Limits | None = None) -> Box:
        """Open the box of a step."""
        self._boxes.append(self.outbox.box(step, limits or Limits(), Delivery(), self.warnings.append))
        return self._boxes[-1]

    def close(self) -> None:
        """Close all."""
        for box in self._boxes:
            box.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file of the outbox."""
    return tmp_path / "state" / "alert.outbox"


@pytest.fixture
def opened(path: Path) -> Iterator[Callable[[], Opened]]:
    """A function that opens the outbox, as a run does."""
    every: list[Opened] = []

    def open_it() -> Opened:
        every.append(Opened(path))
        return every[-1]

    yield open_it
    for one in every:
        one.close()
