"""A network that scores windows of sound and embeds them, one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrun.models.bundle import Bundle
from flowrun.models.litert import Network
from flowrun.schemas.errors import ModelError
from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class WindowNetwork:
    """A model bundle with the outputs `scores` and `embedding`.

    labels: the classes.

    Args:
        found: The bundle.
        window: Shape of what it takes.
        threads: Threads of one call.

    Raises:
        ModelError: it takes something else or has no such outputs, or its network cannot be run.
    """

    def __init__(self, found: Bundle, window: tuple[int, ...], *, threads: int = 1) -> None:
        need_window(found, window)
        self.labels = found.labels
        outputs = found.data["outputs"]
        tensors = [outputs["scores"]["tensor"], outputs["embedding"]["tensor"]]
        path = found.path(found.files[0].path)
        self._network = Network(path, tensors, threads=threads)
        taken = self._network.input_shape
        if tuple(n for n in taken if n != 1) != window:
            raise ModelError(f"{path}: the network takes {taken}, but {found.name!r} says {list(window)}")

    def __call__(self, windows: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the scores, shape (n, classes), and the embeddings, shape (n, dims), of *windows*, shape (n, …)."""
        # One at a time: more at once are no faster on a core, and take memory that the size of a block decides.
        rows = [self._given(window) for window in windows]
        sizes = len(self.labels), self._network.output_shapes[1][-1]
        scores, embeddings = (
            np.array([row[i] for row in rows], np.float32).reshape(-1, size) for i, size in enumerate(sizes)
        )
        return scores, embeddings

    def _given(self, window: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        values: NDArray[Any] = window.reshape(self._network.input_shape)
        return [given.reshape(-1) for given in self._network(values)]


def need_window(found: Bundle, window: tuple[int, ...]) -> None:
    """Refuse a bundle that takes other windows than *window*, or gives no scores and embeddings of them.

    Raises:
        ModelError: it is so.
    """
    data = found.data
    taken = data.get("input", {}).get("shape")
    tensors = [data.get("outputs", {}).get(output, {}).get("tensor") for output in ("scores", "embedding")]
    if taken != list(window) or found.embedding is not None or None in tensors:
        wanted = " by ".join(map(str, window))
        raise ModelError(
            f"model {found.name!r} is for {data['task']}, not one that scores and embeds windows of {wanted}; "
            "`recognise` and `embed` find the way to what a model gives by themselves"
        )
