"""`pipe` gives what comes through it, however that was cut, and says when nothing does."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from flowrun.models.capture.devices import Opening
from flowrun.operators.sources._continuous import Continuous
from flowrun.operators.sources.pipe import heard, pipe
from flowrun.schemas.ports import Audio
from flowrun.schemas.run import Alone
from flowrun.schemas.spec import spec_of
from flowrun.schemas.stream_info import Mismatch

STEREO = Opening(16000, 2, "s16le")
FRAMES = np.stack([np.arange(10000), -np.arange(10000)], axis=1).astype("<i2")


def played(data: bytes, sizes: Sequence[int | None], run: Alone, pauses_s: float = 0.0) -> list[Audio]:
    """Play *data* in parts of *sizes* bytes, the last as often as needed; None is a moment in which nothing comes."""
    parts = list(sizes)
    position, now = 0, 0.0

    def read(size: int) -> bytes | None:
        nonlocal position, now
        part = parts.pop(0) if len(parts) > 1 else parts[0]
        if part is None:
            now += pauses_s
            return None
        piece = data[position : position + min(size, part)]
        position += len(piece)
        return piece

    out = Continuous("pipe", STEREO.rate_hz)
    return list(heard(read, STEREO, 1, out, run, block_s=0.25, stall_s=5.0, clock=lambda: now))


@pytest.mark.parametrize("size", [1, 7, 160, 16000, 100000])
def test_it_is_the_same_however_it_was_cut(size: int) -> None:
    blocks = played(FRAMES.tobytes(), [size], Alone())
    assert [len(block.samples) for block in blocks] == [4000, 4000, 2000, 0]
    assert [block.last for block in blocks] == [False, False, False, True]
    np.testing.assert_array_equal(np.concatenate([block.samples for block in blocks]) * 32768, np.arange(10000))


def test_a_pipe_that_stalls_is_told_of_once_and_so_is_its_return() -> None:
    run = Alone()
    played(FRAMES.tobytes(), [16000, *[None] * 5, 16000], run, pauses_s=3.0)
    assert [told for _, told in run.states] == [
        "listening to 'pipe': 16000 Hz, 2 channels, s16le",
        "'pipe' is stalled: nothing came for 5 s",
        "listening to 'pipe' again, after 15 s: 16000 Hz, 2 channels, s16le",
    ]


def test_an_end_inside_a_sample_is_told() -> None:
    run = Alone()
    blocks = played(FRAMES.tobytes()[:4001], [4096], run)
    assert sum(len(block.samples) for block in blocks) == 1000
    assert "ends inside a sample" in run.warnings[-1]


def test_nothing_at_all_is_no_stream() -> None:
    assert played(b"", [1], Alone()) == []


def test_a_channel_that_does_not_come_is_refused() -> None:
    with pytest.raises(Mismatch, match="channel 2 of 1"):
        spec_of(pipe).info(rate_hz=16000, channels=1, channel=2, stream="pipe", block_s=0.24)


def test_a_flow_reads_what_another_program_writes(tmp_path: Path) -> None:
    flow = tmp_path / "pipe.yaml"
    flow.write_text(
        "steps:\n  in: {use: pipe, rate_hz: 8000}\n  level: {use: level, window_s: 1}\n  screen: {use: console}\n"
    )
    samples = (np.sin(np.arange(16000)) * 3276.8).round().astype("<i2").tobytes()
    command = [sys.executable, "-m", "flowrun.runtime.cli", str(flow), "--quiet"]
    done = subprocess.run(command, input=samples, capture_output=True, check=True, timeout=60)
    assert done.stdout.decode().splitlines() == ["pipe 0.00 -23.0 dBFS", "pipe 1.00 -23.0 dBFS"]
