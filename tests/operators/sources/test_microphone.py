"""`microphone` listens for ever: whatever a device does is told once, tried again, and a gap in the stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
import pytest

from flowrun.models.capture.devices import Device, DeviceError, Opened, Opening
from flowrun.operators.sources._continuous import Continuous
from flowrun.operators.sources._listening import Listening, Wish
from flowrun.schemas.ports import Audio
from flowrun.schemas.run import Alone

USB = Device(1, "USB Mic", "ALSA", 1, 16000, default=True)
Play = Callable[["Room"], None]


@dataclass
class Room(Alone):
    """A run in virtual time, with a system of one device: each wait plays the next of *script*, then the run ends."""

    script: Sequence[tuple[float, Play]]
    rate_hz: int = 16000
    now_s: float = 1000.0
    there: bool = True
    alive: bool = True
    deliver: Callable[[bytes, bool], None] | None = None
    openings: int = 0
    closed: int = 0
    sent: int = 0  # frames
    waits: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__("mic")
        self._script: Iterator[tuple[float, Play]] = iter(self.script)

    def clock(self) -> float:
        return self.now_s

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.now_s - 1000)

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        passes_s, play = next(self._script, (0.0, lambda room: room.stopping.set()))
        self.now_s += passes_s
        play(self)
        return self.stopping.is_set()

    @property
    def told(self) -> list[str]:
        return [message for _, message in self.states]

    # The system of sound drivers

    def devices(self) -> Sequence[Device]:
        return [USB] if self.there else []

    def accepts(self, device: Device, opening: Opening) -> bool:
        return opening == Opening(self.rate_hz, 1, "s16le")

    def open(self, device: Device, opening: Opening, deliver: Callable[[bytes, bool], None]) -> Opened:
        if not self.alive:
            raise DeviceError("'USB Mic' does not open: Device unavailable")
        self.deliver = deliver
        self.openings += 1
        return self

    def fault(self) -> str:
        return "" if self.alive else "the system has closed it"

    def close(self) -> None:
        self.closed += 1

    def listen(self, *, buffer_s: float = 30.0) -> list[Audio]:
        wish = Wish("default", None, 0.5, buffer_s, stall_s=5.0, silence_s=20.0)
        listening = Listening(wish, Continuous("mic", 16000), self, lambda: self, self.clock, self.wait)
        return list(listening.blocks())


def sound(frames: int) -> Play:
    """Samples that count, so that a lost one is seen."""

    def play(room: Room) -> None:
        assert room.deliver is not None
        room.deliver((np.arange(room.sent, room.sent + frames) % 30000 + 1).astype("<i2").tobytes(), False)
        room.sent += frames

    return play


def zeros(frames: int) -> Play:
    def play(room: Room) -> None:
        assert room.deliver is not None
        room.deliver(bytes(2 * frames), False)

    return play


def nothing(room: Room) -> None: ...


def put(**values: bool) -> Play:
    def play(room: Room) -> None:
        for name, value in values.items():
            setattr(room, name, value)

    return play


def test_every_sample_comes_once_with_its_time() -> None:
    room = Room([(0.25, sound(4000))] * 5)
    blocks = room.listen()
    heard = np.concatenate([block.samples for block in blocks])
    np.testing.assert_array_equal(heard * 32768, np.arange(20000) + 1)
    assert [block.start_sample for block in blocks] == [0, 8000, 16000, 20000]
    assert [block.last for block in blocks] == [False, False, False, True]
    assert not any(block.gap for block in blocks)
    assert blocks[1].captured_at == Alone().now() + timedelta(seconds=0.5)
    assert room.states == [("listening", "listening to 'default': USB Mic (16000 Hz, 1 channel, s16le)")]


def test_a_device_that_is_missing_at_start_is_looked_for_ever_less_often_and_told_of_once() -> None:
    room = Room([*[(30.0, nothing)] * 7, (1.0, put(there=True)), (0.5, sound(8000))], there=False)
    (first, last) = room.listen()
    assert room.waits[:8] == [1, 2, 4, 8, 16, 30, 30, 30]
    assert room.told[0] == "'default' is missing: no input device 'default'; there is no input device at all"
    assert room.told[1].startswith("listening to 'default' again, after 212 s: ")
    assert len(room.told) == 2
    assert (first.start_sample, first.gap, last.last) == (0, False, True)


def test_one_that_stalls_is_opened_again_and_the_time_goes_on_across_the_gap() -> None:
    room = Room([(0.5, sound(8000)), (5.1, nothing), (0.0, nothing), (0.5, sound(8000))])
    before, after, last = room.listen()
    assert room.openings == 2
    assert (before.start_sample, after.start_sample, after.gap) == (0, 8000 + round(5.1 * 16000), True)
    assert after.captured_at == Alone().now() + timedelta(seconds=5.6)
    assert (last.gap, last.last) == (False, True)
    assert [told.split(":")[0] for told in room.told] == [
        "listening to 'default'",
        "'default' is stalled",
        "listening to 'default' again, after 6 s",
    ]


def test_one_that_is_lost_comes_back() -> None:
    script = [(0.5, sound(8000)), (0.1, put(alive=False)), (9.0, nothing), (1.0, put(alive=True)), (0.5, sound(8000))]
    room = Room(script)
    _, after, _ = room.listen()
    assert (after.gap, after.start_sample) == (True, 8000 + round(10.1 * 16000))
    assert [told.split(":")[0] for told in room.told] == [
        "listening to 'default'",
        "'default' is lost",
        "'default' is missing",
        "listening to 'default' again, after 10 s",
    ]


def test_what_came_before_the_fault_was_seen_is_heard_but_is_no_return() -> None:
    def last_words(room: Room) -> None:
        sound(1600)(room)
        room.alive = False

    room = Room([(0.5, sound(8000)), (0.1, last_words), (1.0, nothing)])
    blocks = room.listen()
    assert sum(len(block.samples) for block in blocks) == 9600
    assert [told.split(":")[0] for told in room.told][:2] == ["listening to 'default'", "'default' is lost"]
    assert not [told for told in room.told if "again, after" in told]


def test_one_that_opens_but_ends_before_it_gives_anything_is_missing() -> None:
    room = Room([(0.1, put(alive=False)), (1.0, nothing)])
    room.listen()
    assert room.told[0] == "'default' is missing: the system has closed it"


def test_one_that_comes_and_goes_is_tried_less_and_less_often() -> None:
    comes = [(0.5, put(alive=True)), (0.5, sound(8000)), (0.1, put(alive=False))]
    room = Room(
        [*comes[1:], *comes * 3, (0.5, put(alive=True)), *[(1.0, sound(16000))] * 17, *comes[2:], (0.0, nothing)]
    )
    room.listen()
    assert [wait for wait in room.waits if wait >= 1] == [
        1,
        2,
        4,
        8,
        1,
        2,
    ]  # 17 s of sound are more than the wait before


def test_zeros_are_silence_that_is_told_once_until_there_is_sound() -> None:
    quiet = [(0.5, zeros(8000))] * 60
    room = Room([(0.5, sound(8000)), *quiet, (1.0, nothing), *quiet, (0.5, sound(8000))])
    blocks = room.listen()
    assert room.openings > 2
    assert [told.split(" (")[0] for told in room.told] == [
        "listening to 'default': USB Mic",
        "'default' is silent: only zeros for 20 s: is it muted? It is opened again",
        "listening to 'default' again, after 62 s: USB Mic",
    ]
    assert blocks[-1].last


def test_a_flow_that_is_too_slow_loses_what_is_counted_and_marked() -> None:
    def too_much(room: Room) -> None:
        for _ in range(5):
            sound(8000)(room)

    room = Room([(2.5, too_much), (0.5, sound(8000))])
    blocks = room.listen(buffer_s=1.0)
    assert [(block.start_sample, block.gap) for block in blocks[:3]] == [(0, False), (8000, False), (40000, True)]
    assert room.warnings == ["'default': the flow is too slow: 1.50 s of sound lost so far"]


def test_another_rate_is_converted_and_nothing_of_it_is_lost() -> None:
    room = Room([(0.5, sound(24000))] * 4, rate_hz=48000)
    blocks = room.listen()
    assert {block.rate_hz for block in blocks} == {16000}
    assert sum(len(block.samples) for block in blocks) == 32000
    starts = np.cumsum([0, *(len(block.samples) for block in blocks[:-1])])
    assert [block.start_sample for block in blocks] == starts.tolist()


def test_every_opening_is_closed() -> None:
    room = Room([(0.5, sound(8000)), (5.1, nothing), (0.0, nothing), (0.5, sound(8000))])
    room.listen()
    assert room.closed == 2 * room.openings  # the device, and the system it was found in


def test_pyaudio_that_is_missing_is_said_before_anything_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    from flowrun.operators.sources.microphone import microphone
    from flowrun.schemas.errors import FlowrunError

    monkeypatch.setitem(sys.modules, "pyaudio", None)
    with pytest.raises(FlowrunError, match=r"a microphone needs PyAudio: .*pip install 'flowrun\[mic\]'"):
        microphone(run=Alone())
