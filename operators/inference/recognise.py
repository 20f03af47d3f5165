"""From audio to class scores, whatever the model."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from reactivex import Observable

from flowrun.operators.inference._ways import known_way, way_to_scores
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Audio, Embeddings, Scores
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import StreamInfo


class Outputs(NamedTuple):
    """What a model gives: scores of its classes, and the embeddings that they are, or could be, made of."""

    scores: Observable[Scores]
    embeddings: Observable[Embeddings]


def _info(*, audio: StreamInfo, model: str, hop_s: float | None, threads: int) -> StreamInfo:
    return known_way(way_to_scores, model, hop_s, threads).info(audio)


@operator(info=_info)
def recognise(
    audio: Observable[Audio],
    *,
    model: str = "listener",
    hop_s: Annotated[float | None, Field("s", ge=0.01, le=60)] = None,
    threads: Annotated[int, Field(ge=1, le=64)] = 1,
) -> Outputs:
    """Score what is heard with any model, from audio at 16 kHz: one word switches from one model to another.

    The model's manifest says what comes before it: nothing for `yamnet`, `log_mel` for `listener`, and for a classifier
    the model whose embeddings it was trained on. The end of a stream is padded with silence to a whole window. The
    embeddings are read with `from: STEP.embeddings`; for a classifier they are those it works on.

    Args:
        model: Name of a model bundle that gives scores, or the path of its folder.
        hop_s: Distance between the starts of two windows; without it the model's own, 0.48 s for `listener` and
            `yamnet`, for a classifier that of its training.
        threads: Threads that work on one window; `workers` of a `directory` serve many files better.
    """
    return Outputs(*way_to_scores(model, hop_s, threads).outputs(audio))
