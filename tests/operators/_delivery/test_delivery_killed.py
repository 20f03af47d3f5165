"""Nothing is lost and nothing comes too early, however often the process is killed."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration


def test_all_events_arrive_in_order_though_the_sender_is_killed_again_and_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """20 times, 10 of them while the receiver is down; `benchmarks/outbox.py` does it with 10,000 events."""
    monkeypatch.syspath_prepend(Path(__file__).parents[3] / "benchmarks")
    outcome = importlib.import_module("outbox").killed(1000, 20)
    assert (outcome.lost, outcome.disordered, outcome.strangers) == (0, 0, 0)
    assert outcome.repeats < 1000
