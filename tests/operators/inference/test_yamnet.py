"""`yamnet` scores every window once; on real clips, as what they are."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from reactivex import from_iterable
from reactivex.subject import Subject

from flowrun.models.signals import noise
from flowrun.operators.audio.resample import resample
from flowrun.operators.inference.pool import pool
from flowrun.operators.inference.yamnet import yamnet
from flowrun.schemas.ports import Audio, Failed
from flowrun.schemas.spec import spec_of
from flowrun.schemas.stream_info import Mismatch, StreamInfo

HEARD = {
    "dog": "Dog",
    "siren": "Siren",
    "thunderstorm": "Thunder",
    "glass_breaking": "Glass",
    "rooster": "Chicken, rooster",
    "clock_alarm": "Alarm",
}


@pytest.fixture
def tiny(golden: Path) -> str:
    return str(golden / "tiny_yamnet")


@pytest.mark.parametrize(
    ("count", "windows"), [(0, 0), (1, 1), (15600, 1), (15601, 2), (23280, 2), (23281, 3), (16000 * 10, 20)]
)
@pytest.mark.parametrize("size", [999, 10**6])
def test_the_end_is_padded_to_a_whole_window(
    play: Callable[..., list[Any]], blocks: Callable[..., list[Audio]], tiny: str, count: int, windows: int, size: int
) -> None:
    got = play(yamnet, blocks(noise(10, 16000, -30, seed=0)[:count], size if count else []), model=tiny)
    starts = np.concatenate([item.at.start_s for item in got])
    np.testing.assert_allclose(starts, 0.48 * np.arange(windows))
    assert [item.last for item in got] == [False] * (len(got) - 1) + [True]
    assert all(item.labels == ("Loud", "Quiet", "Odd") for item in got)


def test_scores_and_embeddings_are_of_the_window_they_stand_for(blocks: Callable[..., list[Audio]], tiny: str) -> None:
    samples = np.concatenate([np.full(15600, 0.2), np.full(15600, -0.05)])
    audio: Subject[Audio] = Subject()
    scores, embeddings = yamnet(audio, model=tiny, hop_s=0.975)
    got: list[Any] = []
    vectors: list[Any] = []
    scores.subscribe(got.append)
    embeddings.subscribe(vectors.append)
    for block in blocks(samples, 5000):
        audio.on_next(block)
    sigmoid = 1 / (1 + np.exp(-(40 * np.array([0.2, 0.05]) - 4)))
    np.testing.assert_allclose(np.concatenate([item.values[:, 0] for item in got]), sigmoid, atol=1e-3)
    np.testing.assert_allclose(np.concatenate([item.vectors for item in vectors])[:, 3], [0.2, 0.05], atol=1e-3)
    assert {item.model for item in vectors} == {"yamnet"}


def test_another_rate_is_refused_once_it_is_known(
    play: Callable[..., list[Any]], blocks: Callable[..., list[Audio]], tiny: str
) -> None:
    (failed,) = play(yamnet, blocks(np.zeros(10), 10, rate_hz=44100), model=tiny)
    assert isinstance(failed, Failed)
    with pytest.raises(Mismatch, match="needs 16000 Hz"):
        spec_of(yamnet).info(audio=StreamInfo(rate_hz=44100), model=tiny, hop_s=0.48)
    with pytest.raises(Mismatch, match="no model 'yamnt'; did you mean 'yamnet'"):
        spec_of(yamnet).info(audio=StreamInfo(), model="yamnt", hop_s=0.48)


def clip(shared: Path, category: str) -> NDArray[np.float32]:
    folder = shared / "data" / "esc50"
    with (folder / "meta.csv").open() as stream:
        names = [row["filename"] for row in csv.DictReader(stream) if row["category"] == category]
    samples, rate_hz = soundfile.read(folder / "audio" / names[0], dtype="float32")
    assert rate_hz == 44100
    return np.asarray(samples)


@pytest.mark.usefixtures("models")
@pytest.mark.parametrize("category", HEARD)
def test_a_real_clip_is_heard_as_what_it_is(
    play: Callable[..., list[Any]], blocks: Callable[..., list[Audio]], shared: Path, category: str
) -> None:
    audio = play(resample, blocks(clip(shared, category), 44100, rate_hz=44100))
    scores = play(yamnet, audio)
    assert sum(len(item.values) for item in scores) == 10  # 5 s
    (whole,) = play(pool, scores, method="max")
    best = [whole.labels[i] for i in np.argsort(-whole.values[0])[:8]]
    assert HEARD[category] in best


@pytest.mark.usefixtures("models")
def test_the_real_embedding_has_1024_numbers(blocks: Callable[..., list[Audio]]) -> None:
    got: list[Any] = []
    yamnet(from_iterable(blocks(noise(2.0, 16000, -20, seed=0), 16000))).embeddings.subscribe(got.append)
    vectors = np.concatenate([item.vectors for item in got])
    assert vectors.shape == (4, 1024)
    assert vectors.min() >= 0  # a mean of rectified values
    assert vectors.std(axis=1).min() > 0.01
