"""A trained classifier over embeddings."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from reactivex import Observable

from flowrun.models.bundle import bundle
from flowrun.models.embedding_classifier import EmbeddingClassifier
from flowrun.operators._known_model import known_model
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
    known = StreamInfo(window_s=span, hop_s=hop_s, delay=embeddings.delay)
    return replace(known, labels=found.labels, thresholds=found.thresholds is not None)


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
    network = EmbeddingClassifier(bundle(model), threads=threads)
    return per_stream(embeddings, lambda: _Kernel(network))


class _Kernel:
    def __init__(self, network: EmbeddingClassifier) -> None:
        self.network = network
        self.context = network.context
        self.recent: deque[tuple[float, NDArray[Any]]] = deque(maxlen=self.context)  # (start, vector)
        self.scored = False
        self.gap = False  # something was lost before the next scores

    def __call__(self, item: Embeddings) -> list[Scores]:
        network = self.network
        network.need_embedding(item.model)
        self.gap |= item.gap
        starts, contexts = [], []
        for start_s, vector in zip(item.at.start_s, item.vectors, strict=True):
            self.recent.append((float(start_s), vector))
            if len(self.recent) == self.context:
                starts.append(self.recent[0][0])
                contexts.append(self._context())
        if item.last and self.recent and not self.scored and not contexts:
            starts.append(self.recent[0][0])
            contexts.append(self._context())
        self.scored = self.scored or bool(contexts)
        if not contexts and not item.last:
            return []
        at = replace(
            item.at,
            start_s=np.array(starts, np.float64),
            window_s=item.at.window_s + (self.context - 1) * item.at.hop_s,
            gap=self.gap,
        )
        self.gap = False
        rows = [network(context[None], np.array([len(context)])) for context in contexts]
        values = np.concatenate([np.empty((0, len(network.labels)), np.float32), *rows])
        return [Scores(at, values, network.labels, network.thresholds)]

    def _context(self) -> NDArray[Any]:
        return np.array([vector for _, vector in self.recent])
