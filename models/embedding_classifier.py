"""A trained network over embeddings: what `classifier` runs window by window, and `evaluate` example by example."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrun.models.bundle import Bundle
from flowrun.models.evaluation.evaluation import Evaluation
from flowrun.models.evaluation.positives import positives
from flowrun.models.litert import Network
from flowrun.models.vggish_postprocess import dequantise
from flowrun.schemas.errors import ModelError
from flowrun.schemas.late import np
from flowrun.schemas.ports import Examples

if TYPE_CHECKING:
    from numpy.typing import NDArray

BATCH = 256  # examples that are scored at once


class EmbeddingClassifier:
    """A model bundle that scores sequences of embeddings.

    context: how many windows it sees at once. labels: the classes. thresholds: of each, if it has them.
    embedding: the model whose embeddings it takes.

    Args:
        found: The bundle.
        threads: Threads of one call.

    Raises:
        ModelError: it takes no embeddings, or its network cannot be run.
    """

    def __init__(self, found: Bundle, *, threads: int = 1) -> None:
        if found.embedding is None:
            raise ModelError(f"model {found.name!r} does not take embeddings: it is for {found.data['task']}")
        self.name = found.name
        self.labels = found.labels
        self.thresholds = found.thresholds
        self.embedding = found.embedding
        self.context, self.dims = map(int, found.data["input"]["shape"])
        self._quantisation = found.data.get("quantisation")
        # Some networks are told how many windows there are; to the others, the windows that are missing are zeros.
        self._told = bool(found.data["input"].get("lengths"))
        self._network = Network(found.path(found.files[0].path), batch=1, threads=threads)

    def __call__(self, vectors: NDArray[Any], lengths: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return the scores of sequences.

        Args:
            vectors: Embeddings as they came, bytes or floats, shape (n, windows, dims); windows beyond the context are
                not looked at.
            lengths: How many windows each has, shape (n,).

        Returns:
            Shape (n, classes), in [0, 1].
        """
        seen = min(self.context, vectors.shape[1])
        lengths = np.minimum(lengths, self.context).astype(np.int32)
        there = np.arange(self.context) < lengths[:, None]  # (n, context)
        context = np.zeros((len(vectors), self.context, self.dims), np.float32)
        context[:, :seen] = dequantised(vectors[:, :seen], self._quantisation)
        context[~there] = 0
        scores = self._network(context, lengths)[0] if self._told else self._network(context)[0]
        return scores.reshape(len(vectors), len(self.labels))

    def need_embedding(self, model: str) -> None:
        """Refuse embeddings of another model.

        Raises:
            ValueError: *model*, which made them, is not the one that this one was trained on.
        """
        if model != self.embedding:
            raise ValueError(f"model {self.name!r} takes {self.embedding} embeddings, got {model}")


def evaluate_block(network: EmbeddingClassifier, block: Examples, evaluation: Evaluation) -> None:
    """Add what *network* makes of a block of examples to *evaluation*."""
    for start in range(0, len(block), BATCH):
        part = slice(start, start + BATCH)
        evaluation.add(network(block.features[part], block.lengths[part]), positives(block.targets[part]))


def dequantised(vectors: NDArray[Any], quantisation: dict[str, Any] | None) -> NDArray[np.float32]:
    """Return uint8 vectors as the model's *quantisation* says, VGGish's without it; floats as they are.

    >>> dequantised(np.array([[0, 255]], np.uint8), {"min": -2.0, "max": 2.0}).tolist()
    [[-1.9921875, 2.0078125]]
    """
    if vectors.dtype != np.uint8:
        return vectors.astype(np.float32, copy=False)
    return dequantise(vectors, *(float(quantisation[end]) for end in ("min", "max")) if quantisation else ())
