"""How well a model bundle does on labelled examples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from reactivex import Observable

from flowrun.models.bundle import bundle
from flowrun.models.embedding_classifier import EmbeddingClassifier, evaluate_block
from flowrun.models.evaluation.evaluation import Evaluation
from flowrun.operators._known_model import known_model
from flowrun.schemas.kernel import per_stream
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Examples, Metrics
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import Mismatch, StreamInfo


def _info(*, examples: StreamInfo, model: str, **_: Any) -> StreamInfo:
    found = known_model(model)
    examples.need_embedding(found.embedding or "")
    if examples.labels is not None and examples.labels != found.labels:
        raise Mismatch(f"has {len(found.labels)} classes, which are not those of {examples.step!r}", "model")
    return StreamInfo(labels=found.labels)


@operator(info=_info)
def evaluate(
    examples: Observable[Examples], *, model: str, threads: Annotated[int, Field(ge=1, le=64)] = 1
) -> Observable[Metrics]:
    """Measure how well a model bundle does on labelled examples, with the network that `classifier` runs.

    What it gives at the end of the set: Hit@1, PERR, GAP@20, mAP, mean AUC and d-prime, the same for each class, and
    how often scores come true. Of an example longer than the model's context, the first windows count.

    Args:
        model: Name of the model bundle, or the path of its folder.
        threads: Threads that work on one batch.
    """
    network = EmbeddingClassifier(bundle(model), threads=threads)
    return per_stream(examples, lambda: _Kernel(network))


class _Kernel:
    def __init__(self, network: EmbeddingClassifier) -> None:
        self.network = network
        self.evaluation = Evaluation(network.labels)

    def __call__(self, block: Examples) -> Iterator[Metrics]:
        network = self.network
        network.need_embedding(block.embedding)
        if block.labels != network.labels:
            raise ValueError(f"model {network.name!r} has other classes than the examples")
        evaluate_block(network, block, self.evaluation)
        if block.last:
            yield Metrics(block.stream, "evaluation", network.name, 0, 0, *self.evaluation.result())
