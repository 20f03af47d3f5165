"""Examples as the embeddings that they are."""

from __future__ import annotations

from collections.abc import Iterator

from reactivex import Observable

from flowrun.schemas.kernel import per_stream
from flowrun.schemas.late import np
from flowrun.schemas.ports import Embeddings, Examples, Windows
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import StreamInfo

WINDOW_S = 0.96  # VGGish's; the sets were made without overlap


def _info(*, examples: StreamInfo) -> StreamInfo:
    return StreamInfo(window_s=WINDOW_S, hop_s=WINDOW_S, embedding=examples.embedding)


@operator(info=_info)
def example_embeddings(examples: Observable[Examples]) -> Observable[Embeddings]:
    """Give each example of a set as a stream of embeddings, named by its id, as if its sound had just been heard.

    So `classifier` runs on a set: training and running share every step.
    """
    return per_stream(examples, lambda: _streams)


def _streams(block: Examples) -> Iterator[Embeddings]:
    for name, length, vectors in zip(block.ids.tolist(), block.lengths.tolist(), block.features, strict=True):
        at = Windows(name, WINDOW_S * np.arange(length), WINDOW_S, WINDOW_S, last=True)
        yield Embeddings(at, vectors[:length], block.embedding)
