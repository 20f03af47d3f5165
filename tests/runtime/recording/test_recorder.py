"""Whatever the disk does, the flow goes on; what the disk did not take is counted, told and marked."""

from __future__ import annotations

import errno
import logging
import threading
from collections.abc import Collection
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from flowrun.runtime.recording import manifest
from flowrun.runtime.recording.entries import Entry, Heard
from flowrun.runtime.recording.pieces import Pieces
from flowrun.runtime.recording.played import Played
from flowrun.runtime.recording.recorder import Recorder
from flowrun.runtime.recording.recording import Recording
from flowrun.schemas.ports import Audio, Event

EVENT = Event("1", "a", "Dog", 0.5, 0.0, 1.0)


def blocks(count: int, *, end: bool = True) -> list[Audio]:
    samples = np.linspace(-1, 1, count * 1000, dtype=np.float32)
    return [
        Audio(samples[i * 1000 : (i + 1) * 1000], 8000, "a", i * 1000, last=end and i == count - 1)
        for i in range(count)
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A recording that has just begun."""
    manifest.begin(tmp_path / "rec", manifest.Manifest("0", "", "f.yaml", (), {}, {"in": 8000}, ("alerts",)), "")
    return tmp_path / "rec"


def played(folder: Path) -> tuple[list[tuple[int, int, bool, bool]], Played]:
    """Return each block's start in blocks, its length, gap and last; and what is told of what lacks."""
    plays = Played(Recording(folder))
    items = [item for _, item in plays.items() if isinstance(item, Audio)]
    return [(a.start_sample // 1000, len(a.samples), a.gap, a.last) for a in items], plays


class FullDisk(Pieces):
    """A disk that does not take the blocks with these numbers."""

    refused: Collection[int] = ()

    def write(self, entry: Entry) -> None:
        if (
            isinstance(entry, Heard)
            and isinstance(entry.item, Audio)
            and entry.item.start_sample // 1000 in self.refused
        ):
            raise OSError(errno.ENOSPC, "No space left on device")
        super().write(entry)


@pytest.mark.parametrize(
    ("refused", "left"),
    [
        ({2, 3}, [(0, 1000, False, False), (1, 1000, False, False), (4, 1000, True, False), (5, 1000, False, True)]),
        ({5}, [*((i, 1000, False, False) for i in range(5)), (5, 0, True, True)]),
    ],
)
def test_a_full_disk_is_told_once_and_what_it_refused_is_a_gap(
    folder: Path,
    caplog: pytest.LogCaptureFixture,
    refused: set[int],
    left: list[tuple[int, int, bool, bool]],
) -> None:
    disk = FullDisk(folder / manifest.PIECES)
    disk.refused = refused
    ticks = count()
    recorder = Recorder(disk, wait=False, clock=lambda: 10.0 * next(ticks))
    recorder.start()
    with caplog.at_level(logging.WARNING, "flowrun.record"):
        for block in blocks(6):
            recorder.hear("in", block)
            recorder.tell("alerts", EVENT)
        assert recorder.close(10)
    heard, plays = played(folder)
    assert heard == left
    assert (plays.lost_blocks, recorder.lost_blocks) == (len(refused), len(refused))
    assert len(Recording(folder).events()["alerts"]) == recorder.events == 6
    told = [record.message for record in caplog.records]
    assert told[0] == "the recording cannot be written: No space left on device; the flow goes on without it"


def test_a_disk_that_is_nearly_full_does_not_fill_the_log(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It takes small things, and now and then a block."""
    disk = FullDisk(folder / manifest.PIECES)
    disk.refused = range(0, 100, 2)
    recorder = Recorder(disk, wait=False, clock=lambda: 0.0)
    recorder.start()
    with caplog.at_level(logging.WARNING, "flowrun.record"):
        for block in blocks(100):
            recorder.hear("in", block)
        assert recorder.close(10)
    assert len(caplog.records) == 1
    assert recorder.lost_blocks == 50


def test_a_disk_that_hangs_does_not_hold_up_the_flow(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Room for ten blocks is left to wait in; the rest is lost, and a gap where it was."""
    hangs = threading.Event()

    class HangingDisk(Pieces):
        def write(self, entry: Entry) -> None:
            hangs.wait(10)
            super().write(entry)

    recorder = Recorder(HangingDisk(folder / manifest.PIECES), wait=False, buffer_bytes=45_000)
    with caplog.at_level(logging.WARNING, "flowrun.record"):
        for block in blocks(15):
            recorder.hear("in", block)
        recorder.start()
        hangs.set()
        assert recorder.close(10)
    heard, plays = played(folder)
    assert heard == [*((i, 1000, False, False) for i in range(10)), (10, 0, True, True)]
    assert plays.lost_blocks == recorder.lost_blocks == 5
    assert [record.message.split(":")[1].split()[0] for record in caplog.records] == ["1", "2", "4"]


def test_the_writing_ends_in_time_or_it_is_told(folder: Path) -> None:
    hangs = threading.Event()

    class HangingDisk(Pieces):
        def write(self, entry: Entry) -> None:
            hangs.wait(10)

    recorder = Recorder(HangingDisk(folder / manifest.PIECES), wait=False)
    recorder.start()
    recorder.hear("in", blocks(1)[0])
    assert not recorder.close(0.01)
    hangs.set()
    assert recorder.close(10)
