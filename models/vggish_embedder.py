"""VGGish in LiteRT: raw embeddings of any number of patches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.models.bundle import Bundle
from flowrun.models.conversions import conversion
from flowrun.models.litert import Network
from flowrun.models.log_mel import MEL_BINS, PATCH_FRAMES
from flowrun.models.vggish_postprocess import DIMS
from flowrun.schemas.errors import ModelError
from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class VggishEmbedder:
    """Makes embeddings of patches, up to *batch* at once.

    Args:
        bundle: The bundle called vggish, or one like it.
        precision: float32, int8 or dynamic_int8.
        batch: How many patches the network takes at once.
        threads: Threads of one call.

    Raises:
        ModelError: the network is not there, or is not VGGish's.
    """

    def __init__(self, bundle: Bundle, precision: str = "float32", *, batch: int = 16, threads: int = 1) -> None:
        path = bundle.path(conversion(bundle, precision).path)
        self._batch = batch
        self._network = Network(path, batch=1, threads=threads)
        taken, given = self._network.input_shape, self._network.output_shapes
        if taken != (1, PATCH_FRAMES, MEL_BINS) or given != ((1, DIMS),):
            raise ModelError(
                f"{path}: not VGGish: it makes {given} of {taken}, not {DIMS} of {PATCH_FRAMES} by {MEL_BINS}"
            )

    def __call__(self, patches: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the values of fc2, without ReLU.

        Args:
            patches: Log-mel patches, shape (windows, 96, 64).

        Returns:
            float32, shape (windows, 128).
        """
        embeddings = np.empty((len(patches), DIMS), np.float32)
        for start in range(0, len(patches), self._batch):
            (embeddings[start : start + self._batch],) = self._network(patches[start : start + self._batch])
        return embeddings
