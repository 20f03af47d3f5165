"""flowrun's own network."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, NamedTuple

from reactivex import Observable

from flowrun.models.bundle import bundle
from flowrun.models.log_mel import MEL_BINS, PATCH_FRAMES
from flowrun.models.window_network import WindowNetwork
from flowrun.operators._known_model import known_model
from flowrun.schemas.kernel import each, fork
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Embeddings, Patches, Scores
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import StreamInfo

PATCH = (PATCH_FRAMES, MEL_BINS)


class Outputs(NamedTuple):
    """What the listener gives: scores of 521 AudioSet classes, and embeddings of 256."""

    scores: Observable[Scores]
    embeddings: Observable[Embeddings]


def _info(*, patches: StreamInfo, model: str, **_: Any) -> StreamInfo:
    found = known_model(model, *PATCH)
    known = StreamInfo(window_s=patches.window_s, hop_s=patches.hop_s, delay=patches.delay)
    return replace(known, labels=found.labels, embedding=found.name)


@operator(info=_info)
def listener(
    patches: Observable[Patches], *, model: str = "listener", threads: Annotated[int, Field(ge=1, le=64)] = 1
) -> Outputs:
    """Score log-mel patches with the small network that comes with flowrun: 521 AudioSet classes, YAMNet's.

    Its embeddings are read with `from: STEP.embeddings`. `recognise` is this and the `log_mel` before it in one step.

    Args:
        model: Name of the model bundle, or the path of its folder.
        threads: Threads that work on one patch; `workers` of a `directory` serve many files better.
    """
    return Outputs(*fork(heard(patches, model=model, threads=threads)))


def heard(patches: Observable[Patches], *, model: str, threads: int) -> Observable[tuple[Scores, Embeddings]]:
    """Return the scores together with the embeddings; see `listener`."""
    found = bundle(model)
    network = WindowNetwork(found, PATCH, threads=threads)

    def kernel(item: Patches) -> tuple[Scores, Embeddings]:
        scores, vectors = network(item.features)
        return Scores(item.at, scores, found.labels), Embeddings(item.at, vectors, found.name)

    return each(patches, kernel)
