"""What a program writes is passed on whole, at the pace of time, and what it says last is why it ended."""

from __future__ import annotations

import time
from collections.abc import Sequence
from threading import Event

from flowrun.models.capture.child import start
from flowrun.models.capture.decoding import Decoding
from flowrun.models.capture.devices import Opening

OPENING = Opening(16000, 1, "s32le")


def decoded(script: str, ahead_s: float = 60.0) -> tuple[bytes, list[str]]:
    """Return what a shell script wrote, and the lines that were taken for the reason of its end."""
    pieces: list[bytes] = []
    lines: list[str] = []
    ended = Event()

    def reason(said: Sequence[str]) -> str:
        lines.extend(said)
        ended.set()
        return "it has ended"

    decoding = Decoding(start(["/bin/sh", "-c", script]), OPENING, lambda d, _: pieces.append(d), reason, ahead_s)
    assert ended.wait(10)
    decoding.close()
    assert decoding.fault() == "it has ended"
    assert all(len(piece) % 4 == 0 for piece in pieces)
    return b"".join(pieces), lines


def test_samples_are_whole_however_they_were_written() -> None:
    assert decoded("printf abc; printf defgh; printf i")[0] == b"abcdefgh"


def test_it_keeps_the_last_lines_and_no_more() -> None:
    _, lines = decoded("for i in 1 2 3 4 5 6 7 8 9 10; do echo line $i >&2; done; printf '\\n  \\nlast' >&2")
    assert lines == [*(f"line {i}" for i in range(4, 11)), "last"]


def test_a_line_without_end_does_not_fill_the_memory() -> None:
    (line,) = decoded("head -c 5000000 /dev/zero | tr '\\0' x >&2")[1]
    assert len(line) <= 1000


def test_what_is_faster_than_time_is_held_back() -> None:
    began = time.monotonic()
    sound, _ = decoded("head -c 64000 /dev/zero; head -c 4000 /dev/zero", ahead_s=0.7)  # 1 s and a bit
    assert len(sound) == 68000
    assert time.monotonic() - began >= 0.3


def test_it_is_killed_when_it_is_closed() -> None:
    process = start(["/bin/sleep", "600"])
    decoding = Decoding(process, OPENING, lambda data, lost: None, lambda lines: "killed", 1.0)
    assert decoding.fault() == ""
    decoding.close()
    assert process.returncode is not None
