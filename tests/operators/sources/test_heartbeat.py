"""A source that looks for its device works; only one that no longer looks is stuck."""

from __future__ import annotations

from flowrun.models.capture.devices import DeviceError, Opening, SoundSystem
from flowrun.operators.sources._continuous import Continuous
from flowrun.operators.sources._listening import Listening, Wish
from flowrun.operators.sources.pipe import heard
from flowrun.schemas.run import Alone


class Watched(Alone):
    """A run that notes the heartbeats, and ends after some."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.rests: list[float] = []
        self._most = most

    def heartbeat(self, rest_s: float = 0.0) -> None:
        self.rests.append(rest_s)
        if len(self.rests) == self._most:
            self.stopping.set()


def test_a_microphone_that_is_missing_says_how_long_it_waits() -> None:
    def nothing() -> SoundSystem:
        raise DeviceError("there is no input device at all")

    run = Watched(2)
    wish = Wish("default", None, 0.5, 30.0, 5.0, 60.0)
    assert list(Listening(wish, Continuous("mic", 16000), run, nothing).blocks()) == []
    assert run.rests == [0.0, 1.0]  # an attempt; the wait for the next


def test_a_pipe_in_which_nothing_comes_is_looked_at() -> None:
    run = Watched(3)
    out = Continuous("pipe", 16000)
    assert list(heard(lambda _: None, Opening(16000, 1, "s16le"), None, out, run, block_s=0.5, stall_s=5.0)) == []
    assert run.rests == [0.0] * 3
