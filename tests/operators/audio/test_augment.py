"""`augment` changes each stream in its own way, the same each time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from flowrun.models.signals import noise
from flowrun.operators.audio.augment import MAX_S, augment
from flowrun.schemas.ports import Audio, Failed

Play = Callable[..., list[Any]]
Cut = Callable[..., list[Audio]]
SOUND = noise(1.0, 16000, -20, seed=1)


def test_a_stream_is_changed_as_its_name_and_the_seed_say(play: Play, blocks: Cut) -> None:
    def changed(stream: str, seed: int) -> Any:
        (item,) = play(augment, blocks(SOUND, 3000, stream=stream), seed=seed, untouched=0.0)
        assert (item.stream, len(item.samples), item.last) == (stream, 16000, True)
        return item.samples

    np.testing.assert_array_equal(changed("a", 1), changed("a", 1))
    assert not np.array_equal(changed("a", 1), changed("b", 1))
    assert not np.array_equal(changed("a", 1), changed("a", 2))
    assert not np.array_equal(changed("a", 1), SOUND)


def test_untouched_sounds_stay_as_they_are(play: Play, blocks: Cut) -> None:
    (item,) = play(augment, blocks(SOUND, 3000), untouched=1.0)
    np.testing.assert_array_equal(item.samples, SOUND)


def test_a_stream_without_end_is_refused_before_it_fills_the_memory(play: Play) -> None:
    long = [Audio(np.zeros(100, np.float32), 1, "s", 100 * i) for i in range(MAX_S // 100 + 1)]
    (failed,) = play(augment, long)
    assert isinstance(failed, Failed)
    assert "up to 600 s" in str(failed.error)
