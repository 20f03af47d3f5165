"""`synthetic_sounds` gives each sound as a stream of its own, the same whichever others are made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from flowrun.operators.sources.synthetic_sounds import synthetic_sounds
from flowrun.schemas.errors import ModelError
from flowrun.schemas.run import Alone
from flowrun.schemas.spec import spec_of
from flowrun.schemas.stream_info import Mismatch

Play = Callable[..., list[Any]]


def test_each_sound_is_one_stream_and_kinds_take_turns(play: Play) -> None:
    items = play(synthetic_sounds, count=3, kinds=["knocks", "siren"], seed=1)
    names = ["synthetic/knocks/0000", "synthetic/siren/0001", "synthetic/knocks/0002"]
    assert [item.stream for item in items] == names
    assert all(item.last and item.rate_hz == 16000 and item.start_sample == 0 for item in items)


def test_a_sound_does_not_depend_on_how_many_or_which_others_are_made(play: Play) -> None:
    all_of_them = play(synthetic_sounds, count=6, kinds=["alarm", "knocks", "siren"], seed=1)
    sirens = play(synthetic_sounds, count=3, kinds=["siren"], seed=1)
    assert sirens[2].stream == all_of_them[2].stream
    assert np.array_equal(sirens[2].samples, all_of_them[2].samples)
    other = play(synthetic_sounds, count=3, kinds=["siren"], seed=2)
    assert not np.array_equal(sirens[2].samples, other[2].samples)


def test_it_tells_how_many_are_to_come_and_stops_when_asked() -> None:
    expected: list[int | None] = []

    class Watched(Alone):
        def expect(self, *, streams: int | None = None, seconds: float | None = None) -> None:
            expected.append(streams)

    run, items = Watched(), []

    def stop(item: Any) -> None:
        items.append(item)
        run.stopping.set()

    synthetic_sounds(count=100, kinds=["knocks"], run=run).subscribe(stop)
    assert (expected, len(items)) == ([100], 1)


def test_speech_without_espeak_fails_before_anything_is_made(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ModelError, match="espeak-ng, which is not installed"):
        synthetic_sounds(count=10, run=Alone())
    assert len(play(synthetic_sounds, count=1, kinds=["knocks"])) == 1


def test_kinds_are_some_and_each_once() -> None:
    info = spec_of(synthetic_sounds).info
    assert info(kinds=None, rate_hz=8000).rate_hz == 8000
    for kinds in ([], ["glass", "glass"]):
        with pytest.raises(Mismatch, match="needs at least one kind, and each once"):
            info(kinds=kinds, rate_hz=16000)
