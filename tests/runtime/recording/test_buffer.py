"""What waits for the disk is bounded, and what is lost is noted where it was."""

from __future__ import annotations

import threading

import numpy as np

from flowrun.runtime.recording.buffer import Buffer
from flowrun.runtime.recording.entries import Entry, Heard, Lost, Told
from flowrun.schemas.ports import Audio, Event


def heard(start: int, *, stream: str = "mic", last: bool = False) -> Heard:
    return Heard("in", Audio(np.zeros(1000, np.float32), 16000, stream, start, last=last), 0.0)


def told() -> Told:
    return Told("alerts", Event("1", "mic", "Glass", 0.5, 0.0, 1.0), 0.0)


def test_what_finds_no_room_is_counted_and_noted_before_what_comes_next() -> None:
    buffer = Buffer(10_000, wait=False)
    entries: list[Entry] = [heard(0), heard(1), heard(2, last=True), heard(3, stream="b"), told(), told()]
    lost = [Lost("in", "mic", blocks=1, samples=1000, last=True), Lost("in", "b", blocks=1, samples=1000)]
    assert [buffer.put(entry) for entry in entries] == [True, True, False, False, True, True]
    assert buffer.take(0) == [*entries[:2], *lost, *entries[4:]]
    assert buffer.take(0) == []


def test_what_is_lost_last_is_noted_at_the_end() -> None:
    buffer = Buffer(6_000, wait=False)
    assert [buffer.put(heard(i)) for i in range(3)] == [True, False, False]
    buffer.close()
    assert (buffer.take(0) or [])[1:] == [Lost("in", "mic", blocks=2, samples=2000)]
    assert buffer.take(0) is None


def test_a_block_larger_than_the_buffer_finds_room_in_an_empty_one() -> None:
    assert Buffer(10, wait=False).put(heard(0))


def test_who_may_wait_loses_nothing() -> None:
    buffer = Buffer(6_000, wait=True)
    taken: list[Entry] = []

    def write() -> None:
        while (entries := buffer.take(1.0)) is not None:
            taken.extend(entries)

    writer = threading.Thread(target=write)
    writer.start()
    entries = [heard(i) for i in range(500)]
    assert all(buffer.put(entry) for entry in entries)
    buffer.close()
    writer.join()
    assert taken == entries


def test_closing_lets_go_of_who_waits() -> None:
    buffer = Buffer(6_000, wait=True)
    buffer.put(heard(0))
    waiting = threading.Thread(target=buffer.put, args=(heard(1),))
    waiting.start()
    buffer.close()
    waiting.join(10)
    assert not waiting.is_alive()
