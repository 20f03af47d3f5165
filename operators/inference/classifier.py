"""A trained classifier over embeddings."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from reactivex import Observable

from flowrun.models.bundle import Bundle, bundle
from flowrun.models.litert import Network
from flowrun.models.vggish_postprocess import dequantise
from flowrun.operators._known_model import known_model
from flowrun.schemas.errors import ModelError
from flowrun.schemas.kernel import per_stream
from flowrun.schemas.late import np
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Embeddings, Scores
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import StreamInfo

if TYPE_CHECKING:
    from numpy.typing import NDArray


def _info(*, embeddings: StreamInfo, model: str, **_: Any) -> StreamInfo:
    found = known_model(model)
    embeddings.need_embedding(found.embedding or "")
    hop_s, window_s = embeddings.hop_s, embeddings.window_s
    context = int(found.data["input"]["shape"][0])
    span = window_s + (context - 1) * hop_s if window_s and hop_s else None
    return StreamInfo(window_s=span, hop_s=hop_s, labels=found.labels)


@operator(info=_info)
def classifier(
    embeddings: Observable[Embeddings],
    *,
    model: str,
    threads: Annotated[int, Field(ge=1, le=64)] = 1,
) -> Observable[Scores]:
    """Score embeddings with a trained model bundle.

    The network sees a sliding context of as many windows as it was trained on, one window further each time. A stream
    shorter than the context is scored once, on what there is.

    Args:
        model: Name of the model bundle, or the path of its folder.
        threads: Threads that work on one context.
    """
    found = bundle(model)
    if found.embedding is None:
        raise ModelError(f"model {found.name!r} does not take embeddings: it is for {found.data['task']}")
    network = Network(found.path(found.files[0].path), threads=threads)
    return per_stream(embeddings, lambda: _Kernel(network, found))


class _Kernel:
    def __init__(self, network: Network, found: Bundle) -> None:
        self.network = network
        self.bundle = found
        self.context = int(found.data["input"]["shape"][0])
        self.recent: deque[tuple[float, NDArray[np.float32]]] = deque(maxlen=self.context)  # (start, vector)
        self.scored = False
        self.gap = False  # something was lost before the next scores

    def __call__(self, item: Embeddings) -> list[Scores]:
        if item.model != self.bundle.embedding:
            raise ValueError(f"model {self.bundle.name!r} takes {self.bundle.embedding} embeddings, got {item.model}")
        self.gap |= item.gap
        vectors = dequantised(item.vectors, self.bundle.data.get("quantisation"))
        starts, rows = [], []
        for i, start_s in enumerate(item.at.start_s):
            self.recent.append((float(start_s), vectors[i]))
            if len(self.recent) == self.context:
                starts.append(self.recent[0][0])
                rows.append(self._scores())
        if item.last and self.recent and not self.scored and not rows:
            starts.append(self.recent[0][0])
            rows.append(self._scores())
        self.scored = self.scored or bool(rows)
        if not rows and not item.last:
            return []
        at = replace(
            item.at,
            start_s=np.array(starts, np.float64),
            window_s=item.at.window_s + (self.context - 1) * item.at.hop_s,
            gap=self.gap,
        )
        self.gap = False
        return [Scores(at, np.array(rows, np.float32).reshape(-1, len(self.bundle.labels)), self.bundle.labels)]

    def _scores(self) -> NDArray[np.float32]:
        context = np.zeros((self.context, len(self.recent[0][1])), np.float32)
        context[: len(self.recent)] = [vector for _, vector in self.recent]
        return self.network(context.reshape(self.network.input_shape))[0].reshape(-1)


def dequantised(vectors: NDArray[Any], quantisation: dict[str, Any] | None) -> NDArray[np.float32]:
    """Return uint8 vectors as the model's *quantisation* says, VGGish's without it; floats as they are.

    >>> dequantised(np.array([[0, 255]], np.uint8), {"min": -2.0, "max": 2.0}).tolist()
    [[-1.9921875, 2.0078125]]
    """
    if vectors.dtype != np.uint8:
        return vectors.astype(np.float32, copy=False)
    return dequantise(vectors, *(float(quantisation[end]) for end in ("min", "max")) if quantisation else ())
