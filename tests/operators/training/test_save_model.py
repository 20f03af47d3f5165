"""`save_model` writes a bundle whole or not at all; what runs it comes to the numbers of the training."""

from __future__ import annotations

import csv
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
from flowrun.models.evaluation.evaluation import Evaluation
from flowrun.models.evaluation.positives import positives
from flowrun.models.networks.catalogue import NETWORKS, network
from flowrun.models.training import new_bundle
from flowrun.models.training.batch import ready
from flowrun.models.verify import verify
from flowrun.models.window_network import WindowNetwork
from flowrun.operators.inference.classifier import classifier
from flowrun.operators.training.evaluate import evaluate
from flowrun.operators.training.example_embeddings import example_embeddings
from flowrun.operators.training.save_model import save_model
from flowrun.schemas.ports import Checkpoint, Credit, Examples, Failed
from flowrun.schemas.run import Alone

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]  # TensorFlow's own import warns
LABELS = tuple("abcdef")
SMALL = {"dbof": {"dbof_cluster_size": 20, "dbof_hidden_size": 7}, "lstm": {"lstm_cells": 5}, "attention": {}}
Play = Callable[..., list[Any]]


def trained(name: str) -> Checkpoint:
    """A network with random weights, as a training would give it."""
    options = SMALL.get(name, {})
    weights = network(name, options).initial(8, 6, np.random.default_rng(3))
    held_out = replace(examples(30), stream="held out")
    return Checkpoint(
        "set", {"name": name, **options}, weights, LABELS, "vggish", True, 10, 8, 9, 2, 99, {"seed": 1}, held_out
    )


def examples(count: int, frames: int = 10) -> Examples:
    random = np.random.default_rng(4)
    lengths = random.integers(1, frames + 1, count).astype(np.int32)
    features = random.integers(0, 256, (count, frames, 8)).astype(np.uint8)
    features[np.arange(frames) >= lengths[:, None]] = 0
    targets = random.uniform(size=(count, 6)) < 0.4
    ids = np.array([f"e{i}" for i in range(count)])
    return Examples(features, lengths, targets, ids, LABELS, "vggish", "set", epoch_end=True, last=True)


@pytest.mark.parametrize("name", sorted(set(NETWORKS) - {"convolutional"}))
def test_training_evaluation_and_listening_give_the_same_numbers(play: Play, tmp_path: Path, name: str) -> None:
    checkpoint, given = trained(name), examples(40)
    folder = tmp_path / "made"
    (passed,) = play(save_model, [checkpoint], folder=folder)
    assert passed is checkpoint
    in_training = network(name, SMALL.get(name, {}))(
        checkpoint.weights, ready(given.features, given.lengths), given.lengths
    )
    expected = np.asarray(in_training.scores)
    streams = play(example_embeddings, [given])
    heard = [item for item in play(classifier, streams, model=str(folder)) if len(item.values)]
    assert [item.stream for item in heard] == given.ids.tolist()
    np.testing.assert_allclose(np.concatenate([item.values for item in heard]), expected, atol=2e-6)
    evaluation = Evaluation(LABELS)
    evaluation.add(np.concatenate([item.values for item in heard]), positives(given.targets))
    (measured,) = play(evaluate, [given], model=str(folder))
    assert measured.values == pytest.approx(evaluation.result().values, abs=1e-6)


@pytest.mark.parametrize(("weights", "within"), [("float16", 2e-3), ("int8", 0.03)])
def test_smaller_weights_come_close(play: Play, tmp_path: Path, weights: str, within: float) -> None:
    given = examples(40)
    scores = []
    for precision in ("float32", weights):
        play(save_model, [trained("lstm")], folder=tmp_path / precision, weights=precision, saved_model=False)
        scores.append(EmbeddingClassifier(bundle(str(tmp_path / precision)))(given.features, given.lengths))
    np.testing.assert_allclose(scores[0], scores[1], atol=within)


def test_the_bundle_says_what_it_is(play: Play, tmp_path: Path) -> None:
    play(save_model, [trained("logistic")], folder=tmp_path / "made", description="A test.", licence="CC0", command="x")
    assert verify(str(tmp_path / "made")).ok
    manifest = json.loads((tmp_path / "made" / "model.json").read_text("utf-8"))
    assert manifest["name"] == "made"
    (measured,) = play(evaluate, [examples(30)], model=str(tmp_path / "made"))
    assert manifest["quality"]["values"] == pytest.approx(measured.values, abs=1e-6)
    assert (manifest["quality"]["set"], manifest["quality"]["examples"]) == ("held out", 30)
    assert manifest["training"]["epochs"] == 2
    assert {file["path"].split("/")[0] for file in manifest["files"]} == {"model.tflite", "saved_model"}
    card = (tmp_path / "made" / "README.md").read_text("utf-8")
    assert "A test." in card
    assert f"| mAP | {measured.values['mAP']:.4f} |" in card


def patches(count: int) -> Examples:
    random = np.random.default_rng(6)
    features = random.normal(size=(count, 32, 32)).astype(np.float16)
    targets = random.uniform(size=(count, 6)).astype(np.float16)
    ids = np.array([f"e{i}" for i in range(count)])
    return Examples(features, np.full(count, 32, np.int32), targets, ids, LABELS, "log_mel", "set", last=True)


@pytest.mark.parametrize(("weights", "within"), [("float32", 1e-5), ("int8", 0.03)])
def test_a_network_for_patches_scores_and_embeds_as_it_did_in_training(
    play: Play, tmp_path: Path, weights: str, within: float
) -> None:
    options, given = {"conv_channels": 32, "conv_embedding": 5}, patches(20)
    built = network("convolutional", options)
    drawn = built.initial(32, 6, np.random.default_rng(3))
    network_of = {"name": "convolutional", **options}
    checkpoint = Checkpoint("set", network_of, drawn, LABELS, "log_mel", False, 32, 32, 9, 2, 99, {}, given)
    play(save_model, [checkpoint], folder=tmp_path / "made", weights=weights)
    found = bundle(str(tmp_path / "made"))
    assert verify(str(tmp_path / "made")).ok
    expected = built(drawn, given.features.astype(np.float32), given.lengths)
    scores, embeddings = WindowNetwork(found, (32, 32))(given.features.astype(np.float32))
    np.testing.assert_allclose(scores, expected.scores, atol=within)
    np.testing.assert_allclose(embeddings, np.asarray(expected.embedding), atol=within * 10)
    evaluation = Evaluation(LABELS)
    evaluation.add(scores, given.targets >= 0.5)
    assert found.data["quality"]["values"] == pytest.approx(evaluation.result().values, abs=1e-6)
    assert "patches of 32 frames by 32 bins, as `log_mel` makes them" in (tmp_path / "made" / "README.md").read_text()


def test_what_a_network_has_learnt_from_is_listed_in_its_bundle(tmp_path: Path) -> None:
    credits = [Credit("b/x, y.wav", "Eve", "CC BY 4.0", "https://b"), Credit("a/1.wav", "Åsa", "CC0", "https://a")]
    checkpoints: Subject[Checkpoint] = Subject()
    credited: Subject[Credit] = Subject()
    given: list[Any] = []
    save_model(checkpoints, credited, folder=tmp_path / "made", saved_model=False, run=Alone()).subscribe(given.append)
    credited.on_next(credits[0])
    checkpoints.on_next(trained("logistic"))
    checkpoints.on_completed()
    assert not given  # a credit may still come
    credited.on_next(credits[1])
    credited.on_completed()
    assert len(given) == 1
    with (tmp_path / "made" / "data.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [list(row.values()) for row in rows] == [
        ["b", "x, y.wav", "Eve", "CC BY 4.0", "https://b"],
        ["a", "1.wav", "Åsa", "CC0", "https://a"],
    ]
    assert "data.csv" in {file.path for file in bundle(str(tmp_path / "made")).files}


def test_the_saved_model_can_be_served(play: Play, tmp_path: Path) -> None:
    import tensorflow as tf

    given = examples(5)
    play(save_model, [trained("lstm")], folder=tmp_path / "made")
    served = tf.saved_model.load(str(tmp_path / "made" / "saved_model")).signatures["serving_default"]
    scores = served(frames=ready(given.features, given.lengths), lengths=tf.constant(given.lengths))["scores"]
    lite = EmbeddingClassifier(bundle(str(tmp_path / "made")))
    np.testing.assert_allclose(scores, lite(given.features, given.lengths), atol=2e-6)


def test_a_bundle_is_replaced_only_by_a_whole_one(play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "made"
    play(save_model, [trained("logistic")], folder=folder, description="old")

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(new_bundle, "write_saved_model", full)
        (failed,) = play(save_model, [trained("logistic")], folder=folder, description="new")
    assert isinstance(failed, Failed)
    assert [path.name for path in tmp_path.iterdir()] == ["made"]
    assert bundle(str(folder)).data["description"] == "old"
    play(save_model, [trained("logistic")], folder=folder, description="new")
    assert bundle(str(folder)).data["description"] == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


def test_a_folder_that_is_no_bundle_is_left_alone(play: Play, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"cat")
    (failed,) = play(save_model, [trained("logistic")], folder=tmp_path / "photos")
    assert "is no model bundle, so it is not replaced" in str(failed.error)
    assert (tmp_path / "photos" / "cat.jpg").read_bytes() == b"cat"


def test_what_does_not_fit_the_model_is_refused(play: Play, tmp_path: Path) -> None:
    play(save_model, [trained("logistic")], folder=tmp_path / "made", saved_model=False)
    (other,) = play(evaluate, [replace(examples(3), embedding="yamnet")], model=str(tmp_path / "made"))
    assert str(other.error) == "model 'made' takes vggish embeddings, got yamnet"
    (other,) = play(evaluate, [replace(examples(3), labels=tuple("uvwxyz"))], model=str(tmp_path / "made"))
    assert str(other.error) == "model 'made' has other classes than the examples"
