"""From VGGish's raw embeddings to those that AudioSet and YouTube-8M were released with, and back to floats.

Source: vggish_postprocess.py of the VGGish release; `Dequantize` in utils.py of YouTube-8M's starter code.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from flowrun.schemas.errors import ModelError
from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

DIMS = 128
MIN, MAX = -2.0, 2.0


class Pca(NamedTuple):
    """PCA with whitening: float64, `eigen_vectors` of shape (128, 128), a row per component, and `means` (128,)."""

    eigen_vectors: NDArray[np.float64]
    means: NDArray[np.float64]


def read_pca(path: Path) -> Pca:
    """Return the parameters in `vggish_pca_params.npz`.

    Raises:
        ModelError: the file is damaged or of another model.
    """
    try:
        with np.load(path, allow_pickle=False) as params:
            pca = Pca(
                params["pca_eigen_vectors"].astype(np.float64), params["pca_means"].astype(np.float64).reshape(-1)
            )
    except (OSError, ValueError, KeyError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        raise ModelError(f"{path}: not VGGish's PCA parameters: {error}") from None
    if pca.eigen_vectors.shape != (DIMS, DIMS) or pca.means.shape != (DIMS,):
        raise ModelError(
            f"{path}: not VGGish's PCA parameters: the shapes are {pca.eigen_vectors.shape}, {pca.means.shape}"
        )
    return pca


def postprocess(embeddings: NDArray[np.float32], pca: Pca) -> NDArray[np.uint8]:
    """Project, clip to [-2, 2] and quantise to 8 bits.

    y = E (x - m);  q = floor((min(max(y, -2), 2) + 2) 255 / 4), cut off, not rounded, as released

    With the released parameters dimension 127 is 255 nearly always: expected.

    Args:
        embeddings: Raw embeddings, shape (windows, 128).
        pca: The released parameters.

    Returns:
        uint8, shape (windows, 128).

    >>> same = Pca(np.eye(3), np.array([0.0, 0.0, 1.0]))
    >>> postprocess(np.array([[-3, 0, 1.5], [2, 1, -9]], np.float32), same).tolist()
    [[0, 127, 159], [255, 191, 0]]
    """
    projected = (embeddings - pca.means) @ pca.eigen_vectors.T  # (windows, 128)
    clipped = np.clip(projected, MIN, MAX)
    return ((clipped - MIN) * (255.0 / (MAX - MIN))).astype(np.uint8)


def dequantise(quantised: NDArray[np.uint8], low: float = MIN, high: float = MAX) -> NDArray[np.float32]:
    """Return the floats that readers of YouTube-8M and AudioSet make of the released bytes.

    x = q r / 255 + r / 512 + low, where r = high - low. With VGGish's limits 0 becomes -1.9921875 and 255 2.0078125:
    the cut-off is given back on average.

    Args:
        quantised: uint8, any shape.
        low: What the lowest byte stands for, before the cut-off is given back.
        high: What the highest stands for.

    Returns:
        float32, the same shape.

    >>> dequantise(np.array([0, 51, 255], np.uint8)).tolist()
    [-1.9921875, -1.1921875476837158, 2.0078125]
    """
    span = high - low
    return (quantised.astype(np.float64) * (span / 255.0) + (span / 512.0 + low)).astype(np.float32)
