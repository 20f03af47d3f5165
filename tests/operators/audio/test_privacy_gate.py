"""`privacy_gate` passes no sample of a window with speech. In the pictures a character is a window of 1 s: x speech."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from reactivex.scheduler import VirtualTimeScheduler
from reactivex.subject import Subject

from flowrun.operators.audio.privacy_gate import privacy_gate
from flowrun.schemas.ports import Audio, Failed, Scores, StreamEnd, Windows
from flowrun.schemas.spec import spec_of
from flowrun.schemas.stream_info import Mismatch, StreamInfo

RATE_HZ = 100
LABELS = ("Dog", "Speech", "Conversation")


def scores(
    picture: str, *, start_s: float = 0.0, hop_s: float = 1.0, last: bool = True, score: float = 0.9, column: int = 1
) -> Scores:
    at = Windows("s", start_s + hop_s * np.arange(len(picture)), 1.0, hop_s, last=last)
    values = np.zeros((len(picture), 3), np.float32)
    values[:, 0] = 1
    values[[c == "x" for c in picture], column] = score
    return Scores(at, values, LABELS)


def audio(first: int, count: int, *, last: bool = False, **more: Any) -> Audio:
    """Return samples of which none is 0, each different."""
    samples = (np.arange(first, first + count) + 1).astype(np.float32) / 1e4
    return Audio(samples, RATE_HZ, "s", first, last=last, **more)


def gated(*items: Audio | Scores | StreamEnd, **options: Any) -> list[Any]:
    sounds: Subject[Any] = Subject()
    heard: Subject[Any] = Subject()
    got: list[Any] = []
    settings = {"before_s": 0.0, "after_s": 0.0, **options}
    privacy_gate(sounds, heard, **settings).subscribe(got.append)
    for item in items:
        (heard if isinstance(item, Scores) else sounds).on_next(item)
    sounds.on_completed()
    heard.on_completed()
    return got


def passed(blocks: list[Audio]) -> NDArray[np.bool_]:
    """Return which samples passed, and see that they are where and as they were."""
    assert [block.last for block in blocks] == [False] * (len(blocks) - 1) + [True]
    sizes = [len(block.samples) for block in blocks]
    assert [block.start_sample for block in blocks] == np.cumsum([0, *sizes])[:-1].tolist()
    samples = np.concatenate([block.samples for block in blocks])
    through: NDArray[np.bool_] = samples != 0
    np.testing.assert_array_equal(samples[through], audio(0, len(samples)).samples[through])
    return through


def spans(through: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(through.astype(int), prepend=0, append=0))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


@pytest.mark.parametrize(
    ("picture", "options", "expected"),
    [
        (".....", {}, [(0, 500)]),
        ("xxxxx", {}, []),
        ("..x..", {}, [(0, 200), (300, 500)]),
        ("..x..", {"before_s": 0.5, "after_s": 1.25}, [(0, 150), (425, 500)]),
        ("x...x", {"before_s": 1, "after_s": 1}, [(200, 300)]),
        ("...", {}, [(0, 300)]),  # what no window covers does not pass: nobody listened to it
    ],
)
def test_speech_and_what_is_near_it_is_silenced_to_the_sample(
    picture: str, options: dict[str, float], expected: list[tuple[int, int]]
) -> None:
    assert spans(passed(gated(audio(0, 500, last=True), scores(picture), **options))) == expected


@settings(max_examples=60, deadline=None)
@given(
    st.text("x.", min_size=1, max_size=12),
    st.lists(st.integers(1, 300), min_size=1, max_size=5),
    st.sampled_from([0.25, 0.5, 1.0, 1.5]),
    st.sampled_from([0.0, 0.3, 2.0]),
    st.booleans(),
)
def test_no_sample_of_a_window_with_speech_passes_however_the_items_come(
    picture: str, sizes: list[int], hop_s: float, margin_s: float, scores_first: bool
) -> None:
    times = np.arange(sum(sizes)) / RATE_HZ
    expected = np.zeros(len(times), bool)
    for i in range(len(picture)):
        expected |= (times >= i * hop_s) & (times < i * hop_s + 1)
    for i in [i for i, c in enumerate(picture) if c == "x"]:
        near = (times + 1 / RATE_HZ > i * hop_s - margin_s + 1e-9) & (times < i * hop_s + 1 + margin_s - 1e-9)
        expected[near] = False
    starts = np.cumsum([0, *sizes])
    sounds = [audio(int(a), n, last=i == len(sizes) - 1) for i, (a, n) in enumerate(zip(starts, sizes, strict=False))]
    heard = [scores(c, start_s=i * hop_s, hop_s=hop_s, last=i == len(picture) - 1) for i, c in enumerate(picture)]
    items: list[Any] = [*heard, *sounds] if scores_first else [*sounds[:1], *heard[:2], *sounds[1:], *heard[2:]]
    np.testing.assert_array_equal(passed(gated(*items, before_s=margin_s, after_s=margin_s)), expected)


def test_it_waits_no_longer_than_for_the_window_and_what_comes_before_it() -> None:
    sounds: Subject[Any] = Subject()
    heard: Subject[Any] = Subject()
    got: list[Audio] = []
    privacy_gate(sounds, heard, before_s=0.5).subscribe(got.append)
    sounds.on_next(audio(0, 300))
    assert got == []
    heard.on_next(scores("...", last=False))
    assert [len(block.samples) for block in got] == [250]


@pytest.mark.parametrize("score", [0.1, float("nan")])
def test_a_score_at_the_threshold_or_without_a_value_counts_as_speech(score: float) -> None:
    assert not passed(gated(audio(0, 100, last=True), scores("x", score=score), threshold=0.1)).any()


def test_kinds_of_speech_count_and_other_labels_may_be_named() -> None:
    kind = scores("x.", column=2)
    assert spans(passed(gated(audio(0, 200, last=True), kind))) == [(100, 200)]
    assert not passed(gated(audio(0, 200, last=True), kind, labels=["Dog"])).any()
    assert spans(passed(gated(audio(0, 200, last=True), scores(".."), labels=["Conversation"]))) == [(0, 200)]


def test_without_scores_nothing_passes_and_the_stream_ends_all_the_same() -> None:
    assert not passed(gated(audio(0, 70), audio(70, 30, last=True))).any()
    assert not passed(gated(audio(0, 100, last=True), StreamEnd("s"))).any()


def test_scores_that_do_not_come_are_not_waited_for_for_ever() -> None:
    blocks = gated(*(audio(100 * i, 100, last=i == 99) for i in range(100)), scores("." * 100))
    assert spans(passed(blocks)) == [(3900, 10000)]  # a minute is kept; before it, silence


def test_a_gap_stays_where_it_was_and_what_lies_behind_it_is_in_its_place() -> None:
    items = (audio(0, 150), audio(500, 100, last=True, gap=True), scores(".", last=False), scores("x", start_s=5))
    blocks = gated(*items)
    assert [(b.start_sample, b.gap, b.last) for b in blocks if b.gap or b.last] == [(500, True, True)]
    assert [bool(b.samples.any()) for b in blocks] == [True, False, False]


def test_in_virtual_time_it_hears_from_the_first_item_on() -> None:
    sounds: Subject[Any] = Subject()
    heard: Subject[Any] = Subject()
    got: list[Any] = []
    gate = privacy_gate(sounds, heard, before_s=0.0, after_s=0.0)
    gate.subscribe(got.append, scheduler=VirtualTimeScheduler())
    heard.on_next(scores(".."))
    sounds.on_next(audio(0, 200, last=True))
    assert spans(passed(got)) == [(0, 200)]


def test_streams_do_not_know_of_each_other() -> None:
    other = Audio(np.ones(100, np.float32), RATE_HZ, "other", last=True)
    got = gated(other, audio(0, 100, last=True), scores("."))
    assert {block.stream: bool(block.samples.any()) for block in got} == {"s": True, "other": False}


def test_scores_without_speech_are_refused() -> None:
    (failed, *_) = gated(Scores(Windows("s", np.zeros(1), 1.0, 1.0), np.zeros((1, 1), np.float32), ("Dog",)))
    assert isinstance(failed, Failed)
    assert "no label 'Speech', nor a kind of it" in str(failed.error)
    info = spec_of(privacy_gate).info
    with pytest.raises(Mismatch, match="'net' has no label 'Speech', nor a kind of it"):
        info(audio=StreamInfo(), scores=StreamInfo(step="net", labels=("Dog",)), labels=None)
    with pytest.raises(Mismatch, match="nothing would be removed"):
        info(audio=StreamInfo(), scores=StreamInfo(), labels=[])
