"""`verify` reports all that is wrong with a model, and raises nothing for it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from flowrun.models.bundle import SHIPPED
from flowrun.models.catalogue import catalogue
from flowrun.models.verify import verify


def failed(name: str) -> dict[str, str]:
    return {check.what: check.detail for check in verify(name).checks if not check.ok}


@pytest.fixture
def tiny(cache: Path, golden: Path) -> Path:
    """A bundle called vggish whose networks compute a mean, so its files and shapes are right, and its values wrong."""
    folder = cache / "vggish"
    folder.mkdir(parents=True)
    for precision in ("float32", "int8", "dynamic_int8"):
        shutil.copy(golden / "tiny_vggish.tflite", folder / f"vggish_{precision}.tflite")
    params = folder / "vggish_pca_params.npz"
    np.savez(params, pca_eigen_vectors=np.eye(128), pca_means=np.zeros(128))
    manifest = json.loads((SHIPPED / "vggish" / "model.json").read_text())
    manifest["files"] = [{"path": file["path"]} for file in manifest["files"]]
    (folder / "model.json").write_text(json.dumps(manifest))
    return folder


def test_a_model_that_is_not_here_is_to_be_pulled(cache: Path) -> None:
    assert failed("yamnet") == {"yamnet.tflite": "not here; run `flowrun models pull yamnet`"}
    states = {entry.name: (entry.here, entry.missing, entry.bytes) for entry in catalogue()}
    assert states["yamnet"] == (False, ("yamnet.tflite",), 0)


def test_vggish_is_computed_and_compared_with_the_published_values(tiny: Path) -> None:
    report = verify("vggish")
    assert not report.ok
    assert {check.what: check.ok for check in report.checks if "against" in check.what} == {
        "int8 against float32": True,
        "dynamic_int8 against float32": True,
    }
    assert len([check for check in report.checks if check.what.startswith("published") and not check.ok]) >= 2


def test_the_checkpoint_is_not_needed_beside_what_is_made_of_it(tiny: Path) -> None:
    assert "vggish_model.ckpt" not in failed("vggish")
    assert [entry.here for entry in catalogue() if entry.name == "vggish"] == [True]


def test_a_damaged_conversion_is_noticed(tiny: Path) -> None:
    manifest = json.loads((tiny / "model.json").read_text())
    manifest["converted"][0]["sha256"] = "00"
    (tiny / "model.json").write_text(json.dumps(manifest))
    assert "not 00; delete it and pull again" in failed("vggish")["vggish_float32.tflite"]


def test_a_network_that_cannot_be_run_is_a_failed_check(tiny: Path) -> None:
    network = tiny / "vggish_float32.tflite"
    network.write_bytes(network.read_bytes()[:300])
    assert "not a LiteRT network" in failed("vggish")["network"]


def test_a_truncated_file_is_a_failed_check(cache: Path) -> None:
    (cache / "yamnet").mkdir(parents=True)
    (cache / "yamnet" / "yamnet.tflite").write_bytes(b"TFL3")
    assert "has 4 bytes, not 4,126,810" in failed("yamnet")["yamnet.tflite"]


def test_yamnet_hears_silence(cache: Path, models: Path) -> None:
    report = verify("yamnet")
    assert report.ok
    assert report.checks[-1].detail.startswith("Silence: ")
