"""A file of ten hours is read in the memory of a few blocks."""

from __future__ import annotations

import struct
import tracemalloc
from pathlib import Path
from threading import Event as Flag

from flowrun.operators.sources._reading import Cut, read_blocks
from flowrun.schemas.ports import Audio


def test_ten_hours_take_the_memory_of_a_few_blocks(tmp_path: Path) -> None:
    rate_hz, seconds = 2000, 36000
    size = 2 * rate_hz * seconds
    shape = struct.pack("<IHHIIHH", 16, 1, 1, rate_hz, 2 * rate_hz, 2, 16)
    with (tmp_path / "long.wav").open("wb") as stream:
        stream.write(b"RIFF" + struct.pack("<I", size + 36) + b"WAVEfmt " + shape + b"data" + struct.pack("<I", size))
        stream.truncate(44 + size)  # a hole: silence that takes no room
    tracemalloc.start()
    heard = 0
    for block in read_blocks(tmp_path / "long.wav", "long.wav", Cut(block_s=60.0), Flag()):
        assert isinstance(block, Audio)
        heard += len(block.samples)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert heard == rate_hz * seconds
    assert peak_bytes < 8 * 60 * rate_hz * 4
