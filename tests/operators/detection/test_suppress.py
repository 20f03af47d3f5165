"""`suppress` drops hits while another label is active. In the pictures a character is a window of 1 s: x a hit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from flowrun.operators.detection.suppress import suppress
from flowrun.schemas.ports import Failed, Hits, Windows
from flowrun.schemas.spec import spec_of
from flowrun.schemas.stream_info import Mismatch, StreamInfo

LABELS = ("Dog", "Speech", "Glass")


def hits(dog: str, speech: str, glass: str = "", *, start_s: float = 0.0, last: bool = True) -> Hits:
    rows = [[c == "x" for c in picture.ljust(len(dog), ".")] for picture in (dog, speech, glass)]
    active = np.array(rows).T
    at = Windows("s", start_s + np.arange(len(dog)), 1.0, 1.0, last=last)
    return Hits(at, 0.9 * active.astype(np.float32), active, LABELS, (0.5, 0.6, 0.7))


def picture(items: list[Hits], label: str) -> str:
    return "".join("x" if a else "." for item in items for a in item.active[:, item.labels.index(label)])


@pytest.mark.parametrize(
    ("dog", "speech", "hold_s", "expected"),
    [
        ("xxxxx", ".x.x.", 0, "x.x.x"),
        ("xxxxx", ".x...", 1, "x...x"),  # the speech ends at 2 s; windows that begin up to 3 s give way
        ("xxxxx", ".x...", 0.5, "x..xx"),
        ("..x..", "x.x..", 0, "....."),
    ],
)
def test_a_label_gives_way_to_another(
    play: Callable[..., list[Any]], dog: str, speech: str, hold_s: float, expected: str
) -> None:
    options = {"labels": {"Dog": ["Speech"]}, "hold_s": hold_s}
    whole = play(suppress, [hits(dog, speech, "xxxxx")], **options)
    parts = [hits(dog[i], speech[i], "x", start_s=i, last=i == 4) for i in range(5)]
    for got in (whole, play(suppress, parts, **options)):
        assert picture(got, "Dog") == expected
        assert picture(got, "Glass") == "xxxxx"


def test_what_only_suppresses_is_not_passed_on_and_scores_stay_as_they_were(play: Callable[..., list[Any]]) -> None:
    item = hits("xx", "x.")
    (got,) = play(suppress, [item], labels={"Dog": ["Speech"]})
    assert (got.labels, got.thresholds) == (("Dog", "Glass"), (0.5, 0.7))
    np.testing.assert_array_equal(got.values, item.values[:, [0, 2]])


def test_two_may_give_way_to_each_other(play: Callable[..., list[Any]]) -> None:
    got = play(suppress, [hits("xx.", "x.x")], labels={"Dog": ["Speech"], "Speech": ["Dog"]})
    assert (picture(got, "Dog"), picture(got, "Speech")) == (".x.", "..x")


def test_labels_without_a_threshold_are_refused(play: Callable[..., list[Any]]) -> None:
    (failed,) = play(suppress, [hits("x", "x")], labels={"Dog": ["Music"]})
    assert isinstance(failed, Failed)
    assert "no threshold watches 'Music'" in str(failed.error)
    known = StreamInfo(step="hits", labels=LABELS)
    info = spec_of(suppress).info
    for labels, message in (
        ({"Dog": ["Music"]}, "'hits' does not watch 'Music'"),
        ({"Dgo": ["Speech"]}, "'hits' has no label 'Dgo'"),
        ({"Dog": ["Dog"]}, "cannot suppress itself"),
        ({}, "no label is suppressed"),
    ):
        with pytest.raises(Mismatch, match=message):
            info(hits=known, labels=labels, hold_s=0.0)
    assert info(hits=known, labels={"Dog": ["Speech"]}, hold_s=0.0).labels == ("Dog", "Glass")
