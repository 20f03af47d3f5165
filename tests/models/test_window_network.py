"""A network on windows gives what it gives one at a time, and must be what its manifest says."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from flowrun.models.bundle import bundle
from flowrun.models.window_network import WindowNetwork
from flowrun.schemas.errors import ModelError


def test_every_window_has_its_row_and_no_window_none(golden: Path) -> None:
    network = WindowNetwork(bundle(str(golden / "tiny_listener")), (96, 64))
    patches = np.random.default_rng(0).uniform(-4, 4, (5, 96, 64)).astype(np.float32)
    scores, embeddings = network(patches)
    assert [given.shape for given in (scores, embeddings)] == [(5, 3), (5, 64)]
    assert scores.dtype == embeddings.dtype == np.float32
    for i in range(5):
        one, vector = network(patches[i : i + 1])
        np.testing.assert_array_equal(np.append(one, vector), np.append(scores[i], embeddings[i]))
    assert [given.shape for given in network(patches[:0])] == [(0, 3), (0, 64)]


def test_a_file_that_is_not_what_the_manifest_says_is_refused(tmp_path: Path, golden: Path) -> None:
    manifest = json.loads((golden / "tiny_yamnet" / "model.json").read_text())
    manifest["input"]["shape"] = [96, 64]
    (tmp_path / "model.json").write_text(json.dumps(manifest))
    shutil.copy(golden / "tiny_yamnet" / "tiny_yamnet.tflite", tmp_path)
    with pytest.raises(ModelError, match=r"the network takes \(15600,\), but 'tiny_yamnet' says \[96, 64\]"):
        WindowNetwork(bundle(str(tmp_path)), (96, 64))


def test_a_model_without_both_outputs_is_refused(golden: Path) -> None:
    with pytest.raises(ModelError, match="'tiny_classifier' is for embedding-classification, not one that scores and"):
        WindowNetwork(bundle(str(golden / "tiny_classifier")), (3, 4))
