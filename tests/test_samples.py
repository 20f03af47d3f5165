"""The scenes that ship are what `make samples` makes, and have their sounds at their times."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from flowrun.models.bundle import bundle
from flowrun.operators.inference.yamnet import yamnet
from flowrun.schemas.ports import Audio

SAMPLES = Path(__file__).parents[1] / "flows" / "samples"
SCENE, FOREST = SAMPLES / "scene.flac", SAMPLES / "forest.flac"


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    return script("make_samples")


@pytest.fixture(scope="module")
def scene() -> NDArray[np.float32]:
    samples, rate_hz = soundfile.read(SCENE, dtype="float32")
    assert rate_hz == 16000
    assert samples.shape == (11.5 * 16000,)
    return np.asarray(samples)


def test_the_scenes_are_small() -> None:
    assert SCENE.stat().st_size < 250_000
    assert FOREST.stat().st_size < 275_000


def test_the_forest_can_be_made_again() -> None:
    samples, rate_hz = soundfile.read(FOREST, dtype="float32")
    assert rate_hz == 16000
    np.testing.assert_allclose(script("make_forest").forest(), samples, atol=1e-4)


def test_all_but_the_speech_can_be_made_again(maker: ModuleType, scene: NDArray[np.float32]) -> None:
    made = maker.scene(np.zeros(0))
    np.testing.assert_allclose(made[4 * 16000 :], scene[4 * 16000 :], atol=1e-4)
    speech = scene[: 4 * 16000] - made[: 4 * 16000]
    assert np.abs(speech).max() > 0.1


@pytest.mark.integration
@pytest.mark.skipif(not shutil.which("espeak-ng"), reason="espeak-ng is not installed")
def test_espeak_says_it_again(maker: ModuleType, scene: NDArray[np.float32]) -> None:
    """Another version of espeak-ng may say it a little differently, but as loud and as long."""
    made = maker.scene(maker.sentence())
    again, before = (np.sqrt(np.square(x).reshape(-1, 8000).mean(axis=1)) for x in (made, scene))  # of each half second
    np.testing.assert_allclose(again, before, rtol=0.5, atol=0.01)


def test_yamnet_hears_each_sound_at_its_time(
    scene: NDArray[np.float32], models: Path, play: Callable[..., list[Any]]
) -> None:
    (scores,) = play(yamnet, [Audio(scene, 16000, "s", last=True)])
    labels = bundle("yamnet").labels
    for label, start_s, end_s in (("Speech", 0, 3.5), ("Glass", 3.5, 6), ("Shatter", 3.5, 6), ("Siren", 6, 11.5)):
        values = scores.values[:, labels.index(label)]
        inside = (scores.at.start_s >= start_s) & (scores.at.start_s < end_s)
        assert values[inside].max() > 0.5, label
        assert values[~inside].max() < 0.35, label


def test_yamnet_hears_the_bird_the_chainsaw_and_the_shots(models: Path, play: Callable[..., list[Any]]) -> None:
    (scores,) = play(yamnet, [Audio(soundfile.read(FOREST, dtype="float32")[0], 16000, "s", last=True)])
    labels = bundle("yamnet").labels
    for label, start_s, end_s in (("Bird", 0, 4.5), ("Chainsaw", 4, 8.6), ("Gunshot, gunfire", 8.6, 13)):
        values = scores.values[:, labels.index(label)]
        inside = (scores.at.start_s >= start_s) & (scores.at.start_s < end_s)
        assert values[inside].max() > 0.5, label
        assert values[~inside].max() < 0.3, label
