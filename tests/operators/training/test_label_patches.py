"""`label_patches` puts together what belongs to the same window, in whatever order it comes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from reactivex.subject import Subject

from flowrun.operators.training.label_patches import label_patches
from flowrun.schemas.ports import Examples, Patches, Scores, Windows
from flowrun.schemas.spec import spec_of
from flowrun.schemas.stream_info import Mismatch, StreamInfo


def at(stream: str, starts: list[float], *, last: bool = True) -> Windows:
    return Windows(stream, np.array(starts), 0.96, 0.96, last=last)


def patches(stream: str, starts: list[float], *, last: bool = True) -> Patches:
    features = np.array([np.full((4, 2), start) for start in starts], np.float32).reshape(-1, 4, 2)
    return Patches(at(stream, starts, last=last), features)


def scores(stream: str, starts: list[float], *, last: bool = True) -> Scores:
    return Scores(at(stream, starts, last=last), np.array([[s / 8, 0] for s in starts], np.float32), ("A", "B"))


def played(items: Sequence[Patches | Scores], **options: Any) -> list[Examples]:
    ports: dict[type, Subject[Any]] = {Patches: Subject(), Scores: Subject()}
    given: list[Examples] = []
    label_patches(ports[Patches], ports[Scores], **options).subscribe(given.append)
    for item in items:
        ports[type(item)].on_next(item)
    for port in ports.values():
        port.on_completed()
    return given


def test_a_patch_has_the_scores_of_its_own_window() -> None:
    given = played(
        [
            patches("a", [0, 1], last=False),
            scores("b", [0, 1, 2]),
            scores("a", [0, 1, 2]),
            patches("b", [2, 0, 1]),
            patches("a", [2]),
        ]
    )
    (block,) = given
    assert sorted(block.ids) == ["a@0", "a@1", "a@2", "b@0", "b@1", "b@2"]
    starts = np.array([float(name.partition("@")[2]) for name in block.ids])
    np.testing.assert_array_equal(block.features[:, 0, 0], starts)
    np.testing.assert_array_equal(block.targets[:, 0], starts / 8)
    assert {block.features.dtype, block.targets.dtype} == {np.dtype(np.float16)}
    assert block.lengths.tolist() == [4] * 6
    assert (block.labels, block.embedding, block.epoch_end, block.last) == (("A", "B"), "log_mel", True, True)


def test_a_window_that_one_side_lacks_is_left_out() -> None:
    (block,) = played([patches("a", [0, 1]), scores("a", [1, 2])])
    assert block.ids.tolist() == ["a@1"]


def test_blocks_are_of_the_size_that_was_asked_for_and_the_last_one_says_so() -> None:
    given = played([patches("a", [0, 1, 2]), scores("a", [0, 1, 2])], block=2, stream="set")
    assert [(len(block), block.last, block.stream) for block in given] == [(2, False, "set"), (1, True, "set")]


def test_windows_that_do_not_stand_together_are_found_before_the_run() -> None:
    infos = {"patches": StreamInfo("p", hop_s=0.96), "scores": StreamInfo("s", hop_s=0.48)}
    with pytest.raises(Mismatch, match=r"'p' has one each 0.96 s, 's' one each 0.48 s"):
        spec_of(label_patches).info(**infos, stream="set", block=9)
