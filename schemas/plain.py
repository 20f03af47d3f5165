"""Items as plain data: what files, tests and messages hold of them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import timedelta
from functools import singledispatch
from typing import Any

from flowrun.schemas.event import as_data, utc
from flowrun.schemas.ports import (
    Audio,
    Checkpoint,
    CrossValidation,
    Embeddings,
    Event,
    Examples,
    Hits,
    Levels,
    Metrics,
    Patches,
    Predictions,
    Rejected,
    Scores,
    Windowed,
    Windows,
)

__all__ = ["plain", "utc"]


@singledispatch
def plain(item: Any) -> Iterator[dict[str, Any]]:
    """Yield what there is to tell of *item*: one object per window or example, or one.

    >>> list(plain(Rejected("files", "a.wav", "the file is empty")))
    [{'stream': 'a.wav', 'step': 'files', 'error': 'the file is empty'}]
    """
    raise TypeError(f"{type(item).__name__} has no plain form")


@plain.register
def _event(item: Event) -> Iterator[dict[str, Any]]:
    yield as_data(item)


@plain.register
def _rejected(item: Rejected) -> Iterator[dict[str, Any]]:
    fields = {"stream": item.stream, "step": item.step, "start_s": item.start_s, "error": item.error}
    yield {key: value for key, value in fields.items() if value is not None}


@plain.register
def _audio(item: Audio) -> Iterator[dict[str, Any]]:
    yield {
        "stream": item.stream,
        "start_s": round(item.start_s, 6),
        "seconds": round(len(item.samples) / item.rate_hz, 6),
        "rate_hz": item.rate_hz,
    }


@plain.register
def _examples(item: Examples) -> Iterator[dict[str, Any]]:
    for name, target in zip(item.ids, item.targets, strict=True):
        labels = [label for label, has in zip(item.labels, target, strict=True) if has]
        yield {"stream": item.stream, "id": str(name), "labels": labels}


@plain.register
def _checkpoint(item: Checkpoint) -> Iterator[dict[str, Any]]:
    done = {"step": item.step, "epoch": item.epoch, "examples": item.examples}
    yield {"stream": item.stream, "network": item.network["name"], **done}


@plain.register
def _cross_validation(item: CrossValidation) -> Iterator[dict[str, Any]]:
    names = (*item.labels, None)  # -1: of no class
    for i, name in enumerate(item.ids):
        best = int(item.scores[i].argmax())
        yield {
            "stream": item.stream,
            "id": str(name),
            "fold": int(item.folds[i]),
            "label": names[item.truth[i]],
            "likeliest": item.labels[best],
            "score": round(float(item.scores[i, best]), 6),
        }


@plain.register
def _metrics(item: Metrics) -> Iterator[dict[str, Any]]:
    trained = {"model": item.model, "step": item.step, "epoch": item.epoch}
    # JSON knows no NaN: a measure without a value is null
    values = {name: round(float(v), 6) if math.isfinite(v) else None for name, v in item.values.items()}
    yield {"stream": item.stream, "part": item.part, **trained, **values}


@plain.register
def _windowed(item: Windowed) -> Iterator[dict[str, Any]]:
    for i in range(len(item.at)):
        yield {**_window(item.at, i), **_content(item, i)}


@singledispatch
def _content(item: Windowed, i: int) -> dict[str, Any]:
    return {}


@_content.register
def _predictions(item: Predictions, i: int) -> dict[str, Any]:
    return {"predictions": [{"label": label, "score": round(score, 6)} for label, score in item.rows[i]]}


@_content.register
def _scores(item: Scores, i: int) -> dict[str, Any]:
    return {"scores": [round(float(score), 6) for score in item.values[i]]}


@_content.register
def _levels(item: Levels, i: int) -> dict[str, Any]:
    return {"level": round(float(item.values[i]), 3), "unit": item.unit}


@_content.register
def _hits(item: Hits, i: int) -> dict[str, Any]:
    return {"active": [label for label, active in zip(item.labels, item.active[i], strict=True) if active]}


@_content.register
def _embeddings(item: Embeddings, i: int) -> dict[str, Any]:
    return {"model": item.model, "embedding": [round(float(value), 6) for value in item.vectors[i]]}


@_content.register
def _patches(item: Patches, i: int) -> dict[str, Any]:
    return {"mean": round(float(item.features[i].mean()), 6)}


def _window(at: Windows, i: int) -> dict[str, Any]:
    start_s = float(at.start_s[i])
    window: dict[str, Any] = {
        "stream": at.stream,
        "start_s": round(start_s, 6),
        "end_s": round(start_s + at.window_s, 6),
    }
    if at.began_at:
        window["heard_at"] = utc(at.began_at + timedelta(seconds=start_s))
    return window
