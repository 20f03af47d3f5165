"""From a checkpoint of the official layout, with random weights, to LiteRT; checked against plain NumPy."""

from __future__ import annotations

import builtins
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from flowrun.models.bundle import bundle
from flowrun.models.conversions import conversion
from flowrun.models.litert import Network
from flowrun.models.pull import Pulled, pull
from flowrun.models.verify import verify
from flowrun.models.vggish_calibration import calibration_patches
from flowrun.models.vggish_check import cosine
from flowrun.models.vggish_checkpoint import LAYERS, read_checkpoint
from flowrun.models.vggish_embedder import VggishEmbedder
from flowrun.models.vggish_network import vggish_network
from flowrun.schemas.errors import ModelError

Variables = Mapping[str, NDArray[np.float32]]
needs_tensorflow = [
    pytest.mark.integration,
    pytest.mark.filterwarnings("ignore"),  # TensorFlow's own import warns
]


def test_calibration_covers_silence_and_full_scale() -> None:
    patches = calibration_patches()
    assert patches.shape[1:] == (96, 64)
    assert patches.min() == pytest.approx(np.log(0.01))
    assert patches.max() > 5
    np.testing.assert_array_equal(patches, calibration_patches())


def test_without_tensorflow_the_way_to_get_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = builtins.__import__

    def without(name: str, *arguments: Any) -> Any:
        if name == "tensorflow":
            raise ImportError(name)
        return plain(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ModelError, match=r"pip install 'flowrun\[vggish\]' and pull again; downloads are kept$"):
        read_checkpoint(tmp_path / "vggish_model.ckpt")


class TestWithTensorFlow:
    pytestmark = needs_tensorflow

    def test_weights_come_as_they_were_written(self, variables: Variables, checkpoint: Path) -> None:
        layers = read_checkpoint(checkpoint)
        assert list(layers) == list(LAYERS)
        for name, layer in layers.items():
            np.testing.assert_array_equal(layer.weights, variables[f"vggish/{name}/weights"])
            np.testing.assert_array_equal(layer.biases, variables[f"vggish/{name}/biases"])

    def test_the_network_computes_what_numpy_does(self, variables: Variables, checkpoint: Path) -> None:
        patches = calibration_patches()[1::40]
        expected = embed_in_numpy(patches, variables)
        found = vggish_network(read_checkpoint(checkpoint)).embed(patches)["embedding"].numpy()
        assert (expected < 0).any(), "there must be something for a ReLU to cut off"
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())

    def test_a_missing_variable_is_named(self, save: Callable[..., Path], variables: Variables) -> None:
        small = {name: value[..., :1] for name, value in variables.items() if "fc1" not in name}
        whole = {name: np.zeros(shape, np.float32) for name, shape in shapes().items() if "fc1" not in name}
        with pytest.raises(ModelError, match=r"the variable 'vggish/conv1/weights' has the shape \(3, 3, 1, 1\), not"):
            read_checkpoint(save("small.ckpt", small))
        with pytest.raises(
            ModelError, match="not VGGish's checkpoint: the variable 'vggish/fc1/fc1_1/weights' is miss"
        ):
            read_checkpoint(save("partial.ckpt", whole))

    @pytest.mark.parametrize("content", [None, b"", b"not a checkpoint", 100_000])
    def test_what_is_no_checkpoint_is_one_error(self, tmp_path: Path, checkpoint: Path, content: Any) -> None:
        path = tmp_path / "vggish_model.ckpt"
        if content is not None:
            with checkpoint.open("rb") as whole:
                path.write_bytes(whole.read(content) if isinstance(content, int) else content)
        with pytest.raises(ModelError, match=r"vggish_model\.ckpt: not a TensorFlow checkpoint that can be read: .+"):
            read_checkpoint(path)

    def test_a_pull_converts_once(self, pulled: Pulled) -> None:
        assert pulled.converted == ("vggish_float32.tflite", "vggish_int8.tflite", "vggish_dynamic_int8.tflite")
        again = pull("vggish", progress=lambda *_: None)
        assert (again.fetched, again.converted) == ((), ())

    def test_float32_is_the_network(self, pulled: Pulled, checkpoint: Path) -> None:
        patches = calibration_patches()[::9]
        expected = vggish_network(read_checkpoint(checkpoint)).embed(patches)["embedding"].numpy()
        for batch in (1, 3, 16):
            found = VggishEmbedder(bundle("vggish"), batch=batch)(patches)
            np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())

    @pytest.mark.parametrize("precision", ["int8", "dynamic_int8"])
    def test_eight_bits_keep_the_direction(self, pulled: Pulled, precision: str) -> None:
        patches = calibration_patches()[::3]
        exact = VggishEmbedder(bundle("vggish"))(patches)
        assert cosine(VggishEmbedder(bundle("vggish"), precision)(patches), exact).min() >= 0.999

    def test_the_integer_network_has_floats_at_both_ends_only(self, pulled: Pulled) -> None:
        path = bundle("vggish").path(conversion(bundle("vggish"), "int8").path)
        Network(path, batch=16)
        assert 70e6 < path.stat().st_size < 75e6, "72 million weights of a byte, the ends of four"

    def test_verify_finds_all_but_the_published_values(self, pulled: Pulled) -> None:
        failed = {check.what for check in verify("vggish").checks if not check.ok}
        assert failed
        assert all(what.startswith("published ") for what in failed)


def shapes() -> dict[str, tuple[int, ...]]:
    weights = {f"vggish/{layer}/weights": shape for layer, shape in LAYERS.items()}
    return weights | {f"vggish/{layer}/biases": shape[-1:] for layer, shape in LAYERS.items()}


@pytest.fixture(scope="module")
def variables() -> Variables:
    """Random weights that keep the variance from layer to layer (He et al. 2015)."""
    random = np.random.default_rng(0)
    made = {}
    for name, shape in shapes().items():
        scale = np.sqrt(2 / np.prod(shape[:-1])) if len(shape) > 1 else 0.05
        made[name] = random.standard_normal(shape, np.float32) * np.float32(scale)
    return made


@pytest.fixture(scope="module")
def save(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Path]]:
    """Writes a checkpoint of TensorFlow 1's first format, a single file, as VGGish was released."""
    tf = pytest.importorskip("tensorflow", reason="needs TensorFlow: pip install 'flowrun[vggish]'")
    folder = tmp_path_factory.mktemp("checkpoints")

    def save(name: str, variables: Variables) -> Path:
        tf.raw_ops.Save(filename=str(folder / name), tensor_names=list(variables), data=list(variables.values()))
        return folder / name

    yield save
    for path in folder.iterdir():
        path.unlink()  # 290 MB


@pytest.fixture(scope="module")
def checkpoint(save: Callable[..., Path], variables: Variables) -> Path:
    return save("vggish_model.ckpt", variables)


@pytest.fixture(scope="module")
def pulled(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pulled]:
    """The checkpoint, pulled and converted; minutes, once."""
    cache = tmp_path_factory.mktemp("cache")
    np.savez(checkpoint.parent / "vggish_pca_params.npz", pca_eigen_vectors=np.eye(128), pca_means=np.zeros(128))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(cache))
        folder = cache / "flowrun" / "models" / "vggish"
        folder.mkdir(parents=True)
        data: dict[str, Any] = dict(bundle("vggish").data)
        data["files"] = [{"path": file["path"]} for file in data["files"]]
        (folder / "model.json").write_text(json.dumps(data))
        yield pull("vggish", source=str(checkpoint.parent), progress=lambda *_: None)


def embed_in_numpy(patches: NDArray[np.float32], variables: Variables) -> NDArray[np.float64]:
    """VGGish, written once more and in float64: sums over windows, no shared code."""
    values = patches[..., None].astype(np.float64)  # (n, 96, 64, 1)
    for name in ("conv1", "pool", "conv2", "pool", "conv3/conv3_1", "conv3/conv3_2", "pool", *CONV4, "pool"):
        if name == "pool":
            n, height, width, depth = values.shape
            values = values.reshape(n, height // 2, 2, width // 2, 2, depth).max(axis=(2, 4))
            continue
        weights, biases = variables[f"vggish/{name}/weights"], variables[f"vggish/{name}/biases"]
        windows = sliding_window_view(np.pad(values, ((0, 0), (1, 1), (1, 1), (0, 0))), (3, 3), axis=(1, 2))
        values = np.maximum(
            np.einsum("nyxiab,abio->nyxo", windows, weights.astype(np.float64), optimize=True) + biases, 0
        )
    values = values.reshape(len(values), -1)
    for name in ("fc1/fc1_1", "fc1/fc1_2", "fc2"):
        values = values @ variables[f"vggish/{name}/weights"].astype(np.float64) + variables[f"vggish/{name}/biases"]
        if name != "fc2":
            values = np.maximum(values, 0)
    return values


CONV4 = ("conv4/conv4_1", "conv4/conv4_2")
