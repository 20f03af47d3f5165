"""`vggish` embeds every patch once, whatever the batch; the network here is the mean over time, twice."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from reactivex import of

from flowrun.models.bundle import SHIPPED
from flowrun.operators.inference.vggish import vggish
from flowrun.schemas.errors import ModelError
from flowrun.schemas.ports import Embeddings, Failed, Patches, Windows
from flowrun.schemas.spec import spec_of
from flowrun.schemas.stream_info import Mismatch, StreamInfo


@pytest.fixture(autouse=True)
def pulled(tmp_path: Path, golden: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The bundle's folder; it is where flowrun looks for models."""
    folder = tmp_path / "models" / "vggish"
    folder.mkdir(parents=True)
    shutil.copy(SHIPPED / "vggish" / "model.json", folder)
    for precision in ("float32", "int8", "dynamic_int8"):
        shutil.copy(golden / "tiny_vggish.tflite", folder / f"vggish_{precision}.tflite")
    np.savez(folder / "vggish_pca_params.npz", pca_eigen_vectors=np.eye(128), pca_means=np.full(128, 0.25))
    monkeypatch.setenv("FLOWRUN_MODELS", str(folder.parent))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder


def patches(windows: int) -> Patches:
    features = np.random.default_rng(windows).uniform(-4, 4, (windows, 96, 64)).astype(np.float32)
    return Patches(Windows("a.wav", 0.96 * np.arange(windows), 0.96, 0.96), features)


def mean_twice(given: Patches) -> NDArray[np.float32]:
    mean = given.features.mean(axis=1)
    return np.hstack([mean, mean])


def run(*items: Patches, **options: Any) -> list[Embeddings]:
    given: list[Embeddings] = []
    vggish(of(*items), **options).subscribe(given.append)
    assert not any(isinstance(item, Failed) for item in given)
    return given


@pytest.mark.parametrize("windows", [0, 1, 3, 4, 5, 17])
@pytest.mark.parametrize("batch", [1, 4, 16])
def test_every_patch_is_embedded_whatever_the_batch(windows: int, batch: int) -> None:
    item = patches(windows)
    (given,) = run(item, batch=batch, postprocess=False)
    assert given.vectors.dtype == np.float32
    assert given.vectors.shape == (windows, 128)
    np.testing.assert_allclose(given.vectors, mean_twice(item), atol=1e-6)
    assert given.at is item.at
    assert given.model == "vggish"


def test_released_embeddings_are_bytes() -> None:
    item = patches(3)
    (given,) = run(item)
    expected = np.floor((np.clip(mean_twice(item) - 0.25, -2, 2) + 2) * 255 / 4)
    assert given.vectors.dtype == np.uint8
    assert np.abs(given.vectors - expected).max() <= 1  # a rounding of the mean may cross the edge of a step
    assert (given.vectors != expected).mean() < 0.01


def test_a_block_without_windows_has_the_shape_of_one_with() -> None:
    assert run(patches(0))[0].vectors.shape == (0, 128)


def test_blocks_of_changing_size_follow_one_another() -> None:
    items = [patches(n) for n in (2, 7, 1, 7)]
    for item, given in zip(items, run(*items, batch=5, postprocess=False), strict=True):
        np.testing.assert_allclose(given.vectors, mean_twice(item), atol=1e-6)


def test_patches_of_another_shape_fail_and_the_stream_goes_on() -> None:
    odd = Patches(Windows("a.wav", np.zeros(1), 0.96, 0.96), np.zeros((1, 90, 64), np.float32))
    given: list[Any] = []
    vggish(of(odd, patches(1))).subscribe(given.append)
    assert [type(item) for item in given] == [Failed, Embeddings]


def test_the_input_is_not_modified() -> None:
    item = patches(3)
    before = item.features.copy()
    run(item)
    assert (item.features == before).all()


@pytest.mark.parametrize("precision", ["float32", "int8", "dynamic_int8"])
def test_a_network_that_is_not_here_is_to_be_pulled(pulled: Path, precision: Any) -> None:
    (pulled / f"vggish_{precision}.tflite").unlink()
    with pytest.raises(ModelError, match=rf"vggish_{precision}\.tflite is not here; run `flowrun models pull vggish`"):
        run(patches(1), precision=precision)


def test_raw_embeddings_need_no_pca(pulled: Path) -> None:
    (pulled / "vggish_pca_params.npz").unlink()
    run(patches(1), postprocess=False)
    with pytest.raises(ModelError, match="flowrun models pull vggish"):
        run(patches(1))


def test_the_windows_are_those_of_the_patches() -> None:
    info = spec_of(vggish).info(patches=StreamInfo(window_s=0.96, hop_s=0.24), model="vggish")
    assert info == StreamInfo(window_s=0.96, hop_s=0.24, embedding="vggish")


def test_an_unknown_model_is_refused_when_the_flow_is_loaded() -> None:
    with pytest.raises(Mismatch, match="did you mean 'vggish'"):
        spec_of(vggish).info(patches=StreamInfo(), model="vgish")


def test_inference_never_imports_tensorflow() -> None:
    program = """
import sys
import numpy as np
from reactivex import of
from flowrun.operators.inference.vggish import vggish
from flowrun.schemas.ports import Patches, Windows
assert "ai_edge_litert" not in sys.modules, "LiteRT is imported before it is needed"
given = []
item = Patches(Windows("a", np.zeros(1), 0.96, 0.96), np.zeros((1, 96, 64), np.float32))
vggish(of(item)).subscribe(given.append)
assert given[0].vectors.shape == (1, 128)
heavy = {"tensorflow", "scipy", "numba", "resampy", "keras"} & set(sys.modules)
assert not heavy, heavy
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=dict(os.environ))
    assert done.returncode == 0, done.stderr
