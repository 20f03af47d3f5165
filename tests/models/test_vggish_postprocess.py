"""Post-processing gives the released bytes; see also the doctests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from flowrun.models.vggish_postprocess import Pca, dequantise, postprocess, read_pca
from flowrun.schemas.errors import ModelError

PLAIN = Pca(np.eye(128), np.zeros(128))


def test_no_windows_give_no_embeddings() -> None:
    assert postprocess(np.empty((0, 128), np.float32), PLAIN).shape == (0, 128)


def test_values_beyond_two_are_clipped_not_wrapped() -> None:
    raw = np.tile(np.array([-1e6, -2, 2, 1e6], np.float32), 32)[None]
    assert postprocess(raw, PLAIN)[0, :4].tolist() == [0, 0, 255, 255]


def test_the_released_matrix_multiplies_from_the_left() -> None:
    """y = E (x - m): component i is row i of the matrix."""
    eigen_vectors = np.zeros((128, 128))
    eigen_vectors[3, 5] = 1.0
    raw = np.zeros((1, 128), np.float32)
    raw[0, 5] = 2.0
    assert postprocess(raw, Pca(eigen_vectors, np.zeros(128)))[0, [3, 5]].tolist() == [255, 127]


def test_dequantised_values_are_within_a_step_of_the_floats() -> None:
    raw = np.random.default_rng(0).uniform(-2, 2, (50, 128)).astype(np.float32)
    restored = dequantise(postprocess(raw, PLAIN))
    assert restored.dtype == np.float32
    assert np.abs(restored - raw).max() <= 4 / 255
    assert abs(float((restored - raw).mean())) < 1e-3  # what was cut off is given back on average


def test_dimension_127_of_the_released_parameters_is_255(shared: Path) -> None:
    """As nearly everywhere in AudioSet: its mean lies far below zero, so ordinary embeddings are clipped there."""
    pca = read_pca(shared / "models" / "vggish_pca_params.npz")
    raw = pca.means * 0.5 + np.random.default_rng(0).normal(0, 0.02, (100, 128))
    assert set(postprocess(raw.astype(np.float32), pca)[:, 127]) == {255}


@pytest.mark.parametrize("content", [b"", b"not a zip file", None])
def test_damaged_parameters_are_one_error(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "params.npz"
    if content is None:
        np.savez(path, pca_eigen_vectors=np.eye(3), pca_means=np.zeros(3))
    else:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=r"params\.npz: not VGGish's PCA parameters"):
        read_pca(path)
