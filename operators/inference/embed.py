"""From audio to embeddings, whatever the model."""

from __future__ import annotations

from typing import Annotated

from reactivex import Observable

from flowrun.operators.inference._ways import known_way, way_to_embeddings
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Audio, Embeddings
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import StreamInfo


def _info(*, audio: StreamInfo, model: str, hop_s: float | None, threads: int) -> StreamInfo:
    return known_way(way_to_embeddings, model, hop_s, threads).info(audio)


@operator(info=_info)
def embed(
    audio: Observable[Audio],
    *,
    model: str = "listener",
    hop_s: Annotated[float | None, Field("s", ge=0.01, le=60)] = None,
    threads: Annotated[int, Field(ge=1, le=64)] = 1,
) -> Observable[Embeddings]:
    """Make embeddings of what is heard with any model that gives some, from audio at 16 kHz.

    The model's manifest says what comes before it, as for `recognise`. The end of a stream is padded with silence to a
    whole window.

    Args:
        model: Name of a model bundle that gives embeddings, such as listener, yamnet or vggish, or the path of its
            folder.
        hop_s: Distance between the starts of two windows; without it the model's own, 0.48 s for `listener` and
            `yamnet`, 0.96 s for `vggish`.
        threads: Threads that work on one window; `workers` of a `directory` serve many files better.
    """
    return way_to_embeddings(model, hop_s, threads).embeddings(audio)
