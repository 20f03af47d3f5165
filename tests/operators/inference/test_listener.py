"""`listener` scores and embeds every patch; the tiny network's embedding is the mean over time of each mel bin."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from reactivex.subject import Subject

from flowrun.operators.inference.listener import listener
from flowrun.operators.inference.yamnet import yamnet
from flowrun.schemas.errors import ModelError
from flowrun.schemas.ports import Embeddings, Failed, Patches, Scores, Windows
from flowrun.schemas.spec import spec_of
from flowrun.schemas.stream_info import Mismatch, StreamInfo


@pytest.fixture
def tiny(golden: Path) -> str:
    return str(golden / "tiny_listener")


def patches(windows: int, *, last: bool = False) -> Patches:
    features = np.random.default_rng(windows).uniform(-4, 4, (windows, 96, 64)).astype(np.float32)
    return Patches(Windows("a.wav", 0.48 * np.arange(windows), 0.96, 0.48, last=last), features)


def test_scores_and_embeddings_are_of_their_patch(tiny: str) -> None:
    source: Subject[Patches] = Subject()
    outputs = listener(source, model=tiny)
    scores: list[Scores] = []
    embeddings: list[Embeddings] = []
    outputs.scores.subscribe(scores.append)
    outputs.embeddings.subscribe(embeddings.append)
    items = [patches(3), patches(0), patches(2, last=True)]
    for item in items:
        source.on_next(item)
    for item, scored, embedded in zip(items, scores, embeddings, strict=True):
        mean = item.features.mean(axis=1)
        loud = 1 / (1 + np.exp(-mean.mean(axis=1)))
        np.testing.assert_allclose(embedded.vectors, mean, atol=1e-5)
        np.testing.assert_allclose(scored.values, np.stack([loud, 1 - loud, 0.5 + 0 * loud], axis=1), atol=1e-5)
        assert scored.at is embedded.at is item.at
    assert scores[0].labels == ("Loud", "Quiet", "Odd")
    assert {item.model for item in embeddings} == {"tiny_listener"}


def test_patches_of_another_shape_fail_and_the_stream_goes_on(play: Callable[..., list[Any]], tiny: str) -> None:
    odd = Patches(Windows("a.wav", np.zeros(1), 0.96, 0.96), np.zeros((1, 90, 64), np.float32))
    assert [type(item) for item in play(listener, [odd, patches(1)], model=tiny)] == [Failed, Scores]


def test_the_windows_are_those_of_the_patches(tiny: str) -> None:
    info = spec_of(listener).info(patches=StreamInfo(window_s=0.96, hop_s=0.24), model=tiny, threads=1)
    labels = ("Loud", "Quiet", "Odd")
    assert info == StreamInfo(window_s=0.96, hop_s=0.24, labels=labels, embedding="tiny_listener")


def test_a_model_for_other_windows_is_refused(play: Callable[..., list[Any]], golden: Path, tiny: str) -> None:
    said = "'tiny_yamnet' is for audio-classification, not one that scores and embeds windows of 96 by 64"
    with pytest.raises(ModelError, match=said):
        play(listener, model=str(golden / "tiny_yamnet"))
    with pytest.raises(Mismatch, match=said):
        spec_of(listener).info(patches=StreamInfo(), model=str(golden / "tiny_yamnet"))
    with pytest.raises(Mismatch, match="not one that scores and embeds windows of 15600"):
        spec_of(yamnet).info(audio=StreamInfo(), model=tiny, hop_s=0.48)
    with pytest.raises(Mismatch, match="no model 'tiny_listner'"):
        spec_of(listener).info(patches=StreamInfo(), model="tiny_listner")
