"""The best classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from reactivex import Observable

from flowrun.schemas.kernel import each
from flowrun.schemas.late import np
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Prediction, Predictions, Scores
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import StreamInfo

if TYPE_CHECKING:
    from numpy.typing import NDArray


def _info(*, scores: StreamInfo, k: int, min_score: float) -> StreamInfo:
    return scores


@operator(info=_info)
def top(
    scores: Observable[Scores],
    *,
    k: Annotated[int, Field(ge=1)] = 5,
    min_score: Annotated[float, Field(ge=0, le=1)] = 0.0,
) -> Observable[Predictions]:
    """Keep the k best classes of each window.

    Args:
        k: How many at most.
        min_score: Classes below this score are left out, so a window may have none.
    """

    def kept(item: Scores) -> Predictions:
        return Predictions(item.at, tuple(best(row, item.labels, k, min_score) for row in item.values))

    return each(scores, kept)


def best(row: NDArray[np.float32], labels: tuple[str, ...], k: int, min_score: float) -> tuple[Prediction, ...]:
    """Return the k best of one window's scores, shape (classes,), best first; ties in the order of the classes.

    >>> best(np.array([0.1, 0.9, 0.5], np.float32), ("Dog", "Cat", "Owl"), 2, 0.6)
    (Prediction(label='Cat', score=0.8999999761581421),)
    """
    order = np.argsort(-row, kind="stable")[:k]
    return tuple(Prediction(labels[i], float(row[i])) for i in order if row[i] >= min_score)
