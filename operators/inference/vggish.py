"""Google's VGGish."""

from __future__ import annotations

import os
from typing import Annotated, Any, Literal

from reactivex import Observable

from flowrun.models.bundle import bundle
from flowrun.models.vggish_embedder import VggishEmbedder
from flowrun.models.vggish_postprocess import postprocess as as_released
from flowrun.models.vggish_postprocess import read_pca
from flowrun.operators._known_model import known_model
from flowrun.schemas.kernel import each
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Embeddings, Patches
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import StreamInfo


def _info(*, patches: StreamInfo, model: str, **_: Any) -> StreamInfo:
    known_model(model)
    return StreamInfo(window_s=patches.window_s, hop_s=patches.hop_s, embedding="vggish", delay=patches.delay)


@operator(info=_info)
def vggish(
    patches: Observable[Patches],
    *,
    model: str = "vggish",
    precision: Literal["float32", "int8", "dynamic_int8"] = "float32",
    postprocess: bool = True,
    batch: Annotated[int, Field(ge=1, le=256)] = 16,
    threads: Annotated[int | None, Field(ge=1, le=64)] = None,
) -> Observable[Embeddings]:
    """Make VGGish embeddings of 128 from log-mel patches, as AudioSet and YouTube-8M were released with.

    The weights are fetched and converted once: `flowrun models pull vggish`.

    Args:
        model: Name of the model bundle, or the path of its folder.
        precision: Arithmetic of the network; int8 is the fastest and smallest, float32 the reference.
        postprocess: PCA, clip to [-2, 2] and 8 bits, as released; otherwise the raw floats, without a final ReLU.
        batch: How many patches the network takes at once.
        threads: Threads that work on one batch; without it as many as there are cores.
    """
    found = bundle(model)
    pca = read_pca(found.path("vggish_pca_params.npz")) if postprocess else None
    embed = VggishEmbedder(found, precision, batch=batch, threads=threads or os.cpu_count() or 1)

    def kernel(item: Patches) -> Embeddings:
        raw = embed(item.features)  # (windows, 128)
        return Embeddings(item.at, raw if pca is None else as_released(raw, pca), "vggish")

    return each(patches, kernel)
