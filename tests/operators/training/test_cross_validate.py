"""`cross_validate` gives a measurement and a network; `save_model` writes both, and the next flow uses them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from reactivex.subject import Subject

from flowrun.models.bundle import bundle
from flowrun.models.embedding_classifier import EmbeddingClassifier
from flowrun.models.examples.joined import chosen
from flowrun.operators.detection.threshold import threshold
from flowrun.operators.inference.classifier import classifier
from flowrun.operators.training.cross_validate import cross_validate
from flowrun.operators.training.save_model import save_model
from flowrun.schemas.ports import Checkpoint, CrossValidation, Embeddings, Examples, Failed, Hits, Windows
from flowrun.schemas.run import Alone
from flowrun.schemas.spec import spec_of
from flowrun.schemas.stream_info import Mismatch, StreamInfo

LABELS = ("bark", "meow")


def recordings(each: int = 6) -> Examples:
    """Two classes and sounds of none, each around a place of its own."""
    truth = np.repeat([0, 1, -1], each)
    random = np.random.default_rng(1)
    places = np.array([[4, 0, 0, 0], [0, 4, 0, 0], [0, 0, 4, 0]])[truth]
    features = places[:, None] + random.normal(0, 0.5, (3 * each, 3, 4))
    ids = np.array([f"{i}.wav" for i in range(3 * each)])
    targets = truth[:, None] == np.arange(2)
    lengths = np.full(3 * each, 3, np.int32)
    return Examples(features.astype(np.float32), lengths, targets, ids, LABELS, "yamnet", "mine", last=True, hop_s=0.48)


def validated(*blocks: Examples, run: Any = None) -> tuple[list[Any], list[Any]]:
    """Return what the two outputs give."""
    source: Subject[Examples] = Subject()
    given = cross_validate(source, folds=3, steps=20, run=run or Alone())
    checkpoints: list[Any] = []
    validations: list[Any] = []
    given.validation.subscribe(validations.append)
    given.checkpoint.subscribe(checkpoints.append)
    for block in blocks:
        source.on_next(block)
    return checkpoints, validations


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ({"dog": 5, "cat": 2}, "a class has fewer recordings than the 5 folds: 'cat' 2"),
        ({"dog": 1, "cat": 2}, "2 classes have fewer recordings than the 5 folds: 'cat' 2, 'dog' 1"),
    ],
)
def test_check_refuses_a_class_with_fewer_recordings_than_folds(groups: dict[str, int], said: str) -> None:
    with pytest.raises(Mismatch) as failed:
        spec_of(cross_validate).info(examples=StreamInfo(groups=groups), folds=5)
    assert str(failed.value) == said
    assert spec_of(cross_validate).info(examples=StreamInfo(groups=groups), folds=1).groups == groups


@pytest.mark.integration
@pytest.mark.filterwarnings("ignore")  # TensorFlow's own import warns
def test_the_bundle_has_thresholds_and_measures_and_the_next_flow_uses_them(
    play: Callable[..., list[Any]], tmp_path: Path
) -> None:
    examples = recordings()
    (checkpoint,), (validation,) = validated(examples)
    assert isinstance(checkpoint, Checkpoint)
    assert isinstance(validation, CrossValidation)
    assert (validation.scores.argmax(axis=1) == validation.truth)[:12].all()
    play(save_model, [checkpoint], folder=tmp_path / "mine", saved_model=False)
    found = bundle(str(tmp_path / "mine"))
    assert found.thresholds == pytest.approx(validation.thresholds.tolist(), abs=1e-6)
    manifest = json.loads((tmp_path / "mine" / "model.json").read_text())
    assert manifest["input"]["hop_s"] == 0.48
    assert manifest["quality"]["values"]["accuracy"] == 1
    assert "by cross-validation in 3 folds" in (tmp_path / "mine" / "README.md").read_text()

    scores = EmbeddingClassifier(found)(examples.features, examples.lengths)
    assert (scores[:12].argmax(axis=1) == validation.truth[:12]).all()
    embeddings = [
        Embeddings(Windows(name, 0.48 * np.arange(3), 0.975, 0.48, last=True), vectors, "yamnet")
        for name, vectors in zip(examples.ids.tolist(), examples.features, strict=True)
    ]
    hits: list[Hits] = play(threshold, play(classifier, embeddings, model=str(tmp_path / "mine")))
    assert [hit.thresholds for hit in hits] == [found.thresholds] * 18
    assert [hit.active[0].tolist() for hit in hits] == [[True, False]] * 6 + [[False, True]] * 6 + [[False] * 2] * 6


@pytest.mark.integration
@pytest.mark.filterwarnings("ignore")  # TensorFlow's own import warns
def test_the_same_seed_gives_the_same_network_whatever_the_blocks() -> None:
    whole = recordings()
    (first,), _ = validated(whole)
    (second,), _ = validated(replace(chosen(whole, np.arange(5)), last=False), chosen(whole, np.arange(5, 18)))
    for name, value in first.weights.items():
        np.testing.assert_array_equal(value, second.weights[name])


@pytest.mark.integration
@pytest.mark.filterwarnings("ignore")  # TensorFlow's own import warns
def test_examples_that_cannot_be_validated_are_refused_in_one_line() -> None:
    whole = recordings()
    both = replace(whole, targets=np.ones_like(whole.targets))
    assert said(both) == "0.wav is of several classes; each must be of one"
    few = replace(whole, groups=np.array(["a"] * 6 + list("bcdefg") + ["h"] * 6))
    assert said(few).startswith("a class has fewer recordings than the 3 folds: 'bark' 1; record more")


def said(examples: Examples) -> str:
    (failed,), validations = validated(examples)
    assert isinstance(failed, Failed)
    assert not validations
    return str(failed.error)


@pytest.mark.integration
@pytest.mark.filterwarnings("ignore")  # TensorFlow's own import warns
def test_a_run_that_is_to_end_gives_nothing() -> None:
    run = Alone()
    run.stopping.set()
    assert validated(recordings(), run=run) == ([], [])


@pytest.mark.integration
@pytest.mark.filterwarnings("ignore")  # TensorFlow's own import warns
def test_bytes_are_dequantised_as_the_bundle_will_do_it(play: Callable[..., list[Any]], tmp_path: Path) -> None:
    whole = recordings()
    values = np.clip(whole.features * 20 + 100, 0, 255).astype(np.uint8)
    (checkpoint,), (validation,) = validated(replace(whole, features=values, embedding="vggish"))
    assert checkpoint.quantised
    assert np.abs(checkpoint.weights["moving_centre"]).max() < 2
    assert (validation.scores.argmax(axis=1) == validation.truth)[:12].all()
    play(save_model, [checkpoint], folder=tmp_path / "mine", saved_model=False)
    scores = EmbeddingClassifier(bundle(str(tmp_path / "mine")))(values, whole.lengths)
    assert (scores[:12].argmax(axis=1) == validation.truth[:12]).all()
    assert scores[np.arange(12), validation.truth[:12]].min() > scores[12:].max()
