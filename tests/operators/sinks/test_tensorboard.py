"""`tensorboard` writes event files that TensorBoard reads back, with each measure of each step once."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from flowrun.operators.sinks.tensorboard import tensorboard
from flowrun.schemas.errors import DeliveryError
from flowrun.schemas.run import Alone


class Later(Alone):
    """A run that was started so many hours later."""

    def __init__(self, hours: int) -> None:
        super().__init__()
        self.hours = hours

    def now(self) -> datetime:
        return datetime(2026, 1, 1, self.hours, tzinfo=UTC)


def read(folder: Path, tag: str) -> list[tuple[int, float]]:
    accumulator = EventAccumulator(str(folder)).Reload()
    return [(event.step, round(event.value, 4)) for event in accumulator.Scalars(tag)]


def test_each_part_is_a_run_with_its_measures_at_their_steps(
    tmp_path: Path, writing: Any, metrics: Callable[..., Any]
) -> None:
    items = [metrics(1, "training"), metrics(1), metrics(2, "training"), metrics(2)]
    writing(tensorboard, folder=tmp_path, run=Alone()).write(*items).close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["training", "validation"]
    for part in ("training", "validation"):
        assert read(tmp_path / part, "loss") == [(100, 10.0), (200, 5.0)]
        assert read(tmp_path / part, "mAP") == [(100, 0.1), (200, 0.2)]
    accumulator = EventAccumulator(str(tmp_path / "training")).Reload()
    assert set(accumulator.Tags()["scalars"]) == {"loss", "Hit@1", "mAP", "mAUC", "d-prime"}
    assert accumulator.FirstEventTimestamp() == Alone().now().timestamp()


def test_measures_are_there_at_once_and_a_killed_run_started_again_shows_each_once(
    tmp_path: Path, writing: Any, metrics: Callable[..., Any]
) -> None:
    killed = writing(tensorboard, folder=tmp_path, run=Later(0)).write(*map(metrics, [1, 2, 3]))
    watched = EventAccumulator(str(tmp_path / "validation")).Reload()
    assert [event.step for event in watched.Scalars("loss")] == [100, 200, 300]
    again = writing(tensorboard, folder=tmp_path, run=Later(1)).write(*map(metrics, [1, 2, 3, 4]))
    assert read(tmp_path / "validation", "loss") == [(100, 10), (200, 5), (300, 3.3333), (400, 2.5)]
    assert [event.step for event in watched.Reload().Scalars("loss")] == [100, 200, 300, 400]
    again.close()
    killed.close()  # only now, so that its file is no leak


def test_files_of_others_stay_and_ours_do_not_pile_up(
    tmp_path: Path, writing: Any, metrics: Callable[..., Any]
) -> None:
    (tmp_path / "validation").mkdir()
    theirs = tmp_path / "validation" / "events.out.tfevents.1.keras"
    theirs.write_bytes(b"")
    for hours in range(4):
        writing(tensorboard, folder=tmp_path, run=Later(hours)).write(metrics(1)).close()
    old, new = sorted(theirs.parent.glob("*.flowrun"))
    assert (old.stat().st_size, new.stat().st_size > 0) == (0, True)
    assert theirs.exists()


def test_on_a_full_disk_measures_wait_and_the_training_goes_on(
    tmp_path: Path, writing: Any, metrics: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(writer: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    alone = Alone()
    run = writing(tensorboard, folder=tmp_path, run=alone).write(metrics(1))
    monkeypatch.setattr("tensorboard.summary.writer.record_writer.RecordWriter.flush", full)
    run.write(metrics(2))
    monkeypatch.undo()
    run.write(metrics(3)).close()
    assert alone.warnings == ["measures wait until they can be written: No space left on device"]
    assert [step for step, _ in read(tmp_path / "validation", "loss")] == [100, 200, 300]
    assert run.failures == []


def test_a_flow_without_the_library_is_told_at_its_start(
    tmp_path: Path, writing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard.compat.proto.event_pb2", None)
    run = writing(tensorboard, folder=tmp_path, run=Alone())
    assert isinstance(run.error, DeliveryError)
    assert str(run.error) == "tensorboard needs tensorboard: pip install 'flowrun[train]'"
