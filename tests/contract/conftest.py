"""Samples for the contract: for each operator the options it needs, for each port type a stream of items.

Options that must be given are guessed where their rules allow it; otherwise, or where the guess makes a poor sample,
the operator gets a line in `OPTIONS`. A new port type gets a function in `ITEMS`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from flowrun.models.bundle import SHIPPED
from flowrun.models.examples.tfrecord import write_record
from flowrun.models.examples.writing import Frame, audioset_example
from flowrun.models.signals import noise
from flowrun.schemas.ports import (
    Audio,
    Checkpoint,
    Credit,
    CrossValidation,
    Embeddings,
    Event,
    Examples,
    Hits,
    Levels,
    Metrics,
    Patches,
    Prediction,
    Predictions,
    Rejected,
    Scores,
    StreamEnd,
    Windows,
)
from flowrun.schemas.spec import Spec

NEED_TENSORFLOW = frozenset({"cross_validate", "save_model", "train"})
OPTIONS: Mapping[str, Callable[[Path], dict[str, Any]]] = {
    "audio_file": lambda folder: {"block_s": 0.25},
    "classifier": lambda folder: {"model": str(folder / "golden" / "tiny_classifier")},
    "cross_validate": lambda folder: {"folds": 3, "steps": 2},
    "devicehive": lambda folder: {"url": "ws://127.0.0.1:1/api/websocket", "device_id": "d", "access_token": "none"},
    "directory": lambda folder: {"block_s": 0.25},
    "embed": lambda folder: {"model": str(folder / "golden" / "tiny_listener"), "hop_s": 0.1},
    "evaluate": lambda folder: {"model": str(folder / "golden" / "tiny_classifier")},
    "listener": lambda folder: {"model": str(folder / "golden" / "tiny_listener")},
    "mix": lambda folder: {"count": 1, "duration_s": 0.5},
    "mqtt": lambda folder: {"url": "mqtt://127.0.0.1:1"},  # nobody is there: the outbox keeps it
    "network_stream": lambda folder: {"url": "http://127.0.0.1:1/radio"},
    "sound_list": lambda folder: {"list": listed(folder / "sounds" / "list.csv"), "block_s": 0.5},
    "labelled_examples": lambda folder: {"classes": list_of_classes(folder / "classes.csv")},
    "log_mel": lambda folder: {"hop_s": 0.1},  # some windows in a short sound
    "notify": lambda folder: {"urls": ["json://127.0.0.1:1"]},
    "prometheus": lambda folder: {"port": 0},
    "quiet_hours": lambda folder: {"hours": ["22:00-06:00"]},
    "recognise": lambda folder: {"model": str(folder / "golden" / "tiny_listener"), "hop_s": 0.1},
    "resample": lambda folder: {"rate_hz": 11025},  # another rate than the sample's
    "suppress": lambda folder: {"labels": {"First": []}},
    "synthetic_sounds": lambda folder: {"count": 3, "kinds": ["knocks", "siren"]},
    "tfrecord_examples": lambda folder: {"files": str(written(folder / "examples.tfrecord")), "block": 2},
    "take": lambda folder: {"count": 100},
    "threshold": lambda folder: {"labels": {"First": 0.5}},
    "vggish": lambda folder: {"model": str(folder / "vggish")},
    "web": lambda folder: {"port": 0},
    "webhook": lambda folder: {"url": "http://127.0.0.1:1/hook"},
    "yamnet": lambda folder: {"model": str(folder / "golden" / "tiny_yamnet"), "hop_s": 0.1},
}

LABELS = ("First", "Last")  # those of tiny_classifier
SAMPLES = noise(1.3, 16000, -20, seed=5)


def at(first: int, count: int, *, last: bool) -> Windows:
    return Windows("s", 0.5 * np.arange(first, first + count), 1.0, 0.5, last=last)


def rows(count: int, *shape: int) -> Any:
    return np.random.default_rng(count).uniform(0, 1, (count, *shape)).astype(np.float32)


def two_blocks(make: Callable[[Windows], Any]) -> list[Any]:
    return [make(at(0, 3, last=False)), make(at(3, 4, last=True))]


def examples(first: int, count: int, *, last: bool) -> Examples:
    features = np.random.default_rng(first).integers(0, 256, (count, 3, 4), np.uint8)
    lengths = np.array([3] * (count - 1) + [2], np.int32)
    features[-1, 2:] = 0
    targets = np.arange(first, first + count)[:, None] % 2 == np.arange(2)
    ids = np.array([f"e{i}" for i in range(first, first + count)])
    return Examples(features, lengths, targets, ids, LABELS, "vggish", "s", epoch_end=last, last=last)


def checkpoint() -> Checkpoint:
    weights = {"weights": rows(4, 2), "biases": np.zeros(2, np.float32)}
    return Checkpoint("s", {"name": "logistic"}, weights, LABELS, "vggish", True, 3, 4, 10, 1, 40, {})


def list_of_classes(path: Path) -> Path:
    """Write a list in which the sample stream is of one class, and return it."""
    path.write_text("file,label\ns,First\nt,Last\n")
    return path


def cross_validation() -> CrossValidation:
    scores = rows(4, 2)
    truth = np.array([0, 1, 0, -1], np.int32)
    folds = np.array([0, 1, 2, 0], np.int32)
    limits = np.full((3, 2), 0.5)
    ids = np.array(["a", "b", "c", "d"])
    return CrossValidation("s", "open_set", LABELS, ids, truth, folds, rows(4), scores, scores, limits[0], limits, 1.0)


def written(path: Path) -> Path:
    """Write three examples to *path*, and return it."""
    with path.open("wb") as stream:
        for video in ("a", "b", "c"):
            frames = [Frame(i, i + 1.0, np.full(4, i, np.uint8)) for i in range(3)]
            write_record(stream, audioset_example(video, frames, [0, 5]))
    return path


def listed(path: Path) -> Path:
    """Write a list of the sounds in the folder of *path* to *path*, and return it."""
    path.write_text("file\na.wav\nb.wav\n")
    return path


ITEMS: Mapping[type, Callable[[], list[Any]]] = {
    Audio: lambda: [
        Audio(SAMPLES[i : i + 5000].copy(), 16000, "s", i, last=i + 5000 >= len(SAMPLES))
        for i in range(0, len(SAMPLES), 5000)
    ],
    Patches: lambda: two_blocks(lambda w: Patches(w, rows(len(w), 96, 64))),
    Embeddings: lambda: two_blocks(lambda w: Embeddings(w, rows(len(w), 4), "vggish")),
    Scores: lambda: two_blocks(lambda w: Scores(w, rows(len(w), 2), LABELS)),
    Predictions: lambda: two_blocks(lambda w: Predictions(w, ((Prediction("First", 0.5),),) * len(w))),
    Hits: lambda: two_blocks(lambda w: Hits(w, rows(len(w), 1), rows(len(w), 1) > 0.5, ("First",), (0.5,))),
    Levels: lambda: two_blocks(lambda w: Levels(w, -30 * rows(len(w)), "dBFS")),
    Examples: lambda: [examples(0, 3, last=False), examples(3, 4, last=True)],
    Checkpoint: lambda: [checkpoint()],
    CrossValidation: lambda: [cross_validation()],
    Metrics: lambda: [Metrics("s", "validation", "logistic", 10, 1, {"mAP": 0.5, "loss": 1.5})],
    Event: lambda: [Event("1", "s", "First", 0.9, 1.0, 2.5)],
    Credit: lambda: [Credit("s", "Ann", "CC0", "https://example.org")],
    Rejected: lambda: [Rejected("files", "s", "the file is empty")],
    StreamEnd: lambda: [StreamEnd("s")],
}


@pytest.hookimpl(tryfirst=True)  # before the tests that are marked are left out
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of operators that need more than what is always installed."""
    for item in items:
        spec = getattr(item, "callspec", None) and item.callspec.params.get("spec")  # type: ignore[attr-defined]
        if isinstance(spec, Spec) and spec.name in NEED_TENSORFLOW and "test_items" in item.nodeid:
            item.add_marker(pytest.mark.integration)
            item.add_marker(pytest.mark.filterwarnings("ignore"))  # TensorFlow's own import warns


class Samples:
    """What the tests of the contract play with, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.named = frozenset(OPTIONS)

    def options(self, spec: Spec) -> dict[str, Any]:
        """Return a configuration of the operator: what `OPTIONS` says, and any good value of what else it needs."""
        options = OPTIONS[spec.name](self.folder) if spec.name in OPTIONS else {}
        for option in set(spec.parameters["required"]) - set(options):
            options[option] = self._guess(spec.parameters["properties"][option])
            if options[option] is None:
                pytest.fail(f"{spec.name} needs {option!r}: add a line for it to OPTIONS in {__file__}", pytrace=False)
        return options

    def _guess(self, rule: Mapping[str, Any]) -> Any:
        if rule.get("x-path"):
            known = {"file": self.folder / "sounds" / "a.wav", "folder": self.folder / "sounds"}
            return known.get(rule.get("x-exists", ""), self.folder / "out")
        if rule.get("type") in ("number", "integer"):
            low = rule.get("minimum", rule.get("exclusiveMinimum"))
            high = rule.get("maximum", rule.get("exclusiveMaximum"))
            limits = [limit for limit in (low, high) if limit is not None]
            value = sum(limits) / 2 if len(limits) == 2 else low + 1 if low is not None else high - 1 if limits else 1
            return round(value) if rule["type"] == "integer" else value
        return rule["enum"][0] if "enum" in rule else False if rule.get("type") == "boolean" else None

    def items(self, kind: type) -> list[Any]:
        """Return a stream of items of one type."""
        if kind not in ITEMS:
            pytest.fail(f"no sample of {kind.__name__}: add a function for it to ITEMS in {__file__}", pytrace=False)
        return ITEMS[kind]()

    def blocks(self, size: int) -> list[Audio]:
        """Return one sound, cut into blocks of *size*."""
        whole = Audio(SAMPLES, 16000, "s")
        edges = range(0, len(SAMPLES), size)
        return [
            replace(whole, samples=SAMPLES[i : i + size], start_sample=i, last=i + size >= len(SAMPLES)) for i in edges
        ]


@pytest.fixture
def samples(tmp_path: Path, golden: Path) -> Samples:
    """Sounds and tiny models on disk, and the samples above."""
    (tmp_path / "sounds").mkdir()
    for name in ("a.wav", "b.wav"):
        soundfile.write(tmp_path / "sounds" / name, SAMPLES, 16000)
    shutil.copytree(golden, tmp_path / "golden")
    (tmp_path / "vggish").mkdir()
    shutil.copy(SHIPPED / "vggish" / "model.json", tmp_path / "vggish")
    shutil.copy(golden / "tiny_vggish.tflite", tmp_path / "vggish" / "vggish_float32.tflite")
    pca = tmp_path / "vggish" / "vggish_pca_params.npz"
    np.savez(pca, pca_eigen_vectors=np.eye(128), pca_means=np.zeros(128))
    return Samples(tmp_path)
