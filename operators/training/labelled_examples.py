"""Embeddings of labelled recordings, as examples."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, TypedDict

from reactivex import Observable, abc, create

from flowrun.operators.training._classes import Classes
from flowrun.operators.training._collection import Collection
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Embeddings, Examples, Failed
from flowrun.schemas.run import Run
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import Mismatch, StreamInfo

UNKNOWN = ["unknown", "background"]


class Columns(TypedDict, total=False):
    """Names of the columns of a list."""

    file: str
    label: str
    group: str


def _info(
    *,
    embeddings: StreamInfo,
    classes: Path,
    columns: Columns | None,
    group: str | None,
    unknown: list[str] | None,
    min_groups: int,
    example_s: float,
    stream: str | None,
) -> StreamInfo:
    if not classes.exists():  # that is told by who checks the paths
        return StreamInfo(hop_s=embeddings.hop_s, embedding=embeddings.embedding)
    known = Classes(classes, _columns(columns), group, UNKNOWN if unknown is None else unknown, min_groups)
    if embeddings.window_s and example_s < embeddings.window_s:
        raise Mismatch(
            f"example_s must be at least the {embeddings.window_s:g} s of a window, got {example_s:g} s", "example_s"
        )
    return StreamInfo(
        hop_s=embeddings.hop_s,
        labels=known.labels,
        embedding=embeddings.embedding,
        groups=known.groups,
        stream=stream or classes.stem,
    )


@operator(info=_info)
def labelled_examples(
    embeddings: Observable[Embeddings],
    *,
    classes: Annotated[Path, Field(exists="file or folder")],
    columns: Columns | None = None,
    group: str | None = None,
    unknown: list[str] | None = None,
    min_groups: Annotated[int, Field(ge=1)] = 1,
    example_s: Annotated[float, Field("s", gt=0, le=600)] = 5.0,
    stream: str | None = None,
    run: Run,
) -> Observable[Examples]:
    """Make labelled examples of the embeddings of recordings, to train on your own sounds.

    What a recording is of is told by the folder it lies in (`dog/a.wav` is a dog), or by a CSV list. Long recordings
    are cut into examples of equal length. The whole set comes at the end, in one block.

    Args:
        classes: The folder that has a folder for each class, or the list.
        columns: Names of the list's columns {file, label, group}; without them filename, file or path; category, label
            or class; fold or group, if there is one.
        group: A regular expression that finds in the path of a file what must stay together, in its parentheses: the
            recording that several files were cut from. Without it the list's column, or each file alone.
        unknown: Names of folders or classes with sounds of no class: nothing is to be recognised in them. By default
            unknown and background.
        min_groups: Classes with fewer groups are left out.
        example_s: The longest example; choose about what one sound lasts.
        stream: Name of the set; without it that of the folder or list.
    """
    known = Classes(classes, _columns(columns), group, UNKNOWN if unknown is None else unknown, min_groups)
    name = stream or classes.stem

    def subscribe(observer: abc.ObserverBase[Any], scheduler: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        collection = Collection(known, example_s, run)

        def take(item: Embeddings | Failed) -> None:
            if isinstance(item, Failed):
                observer.on_next(item)
                return
            try:
                collection.add(item)
            except ValueError as error:
                observer.on_next(Failed(item.stream, error, item))

        def complete() -> None:
            try:
                if not run.stopping.is_set():
                    observer.on_next(collection.examples(name))
            except ValueError as error:
                observer.on_error(error)
            else:
                observer.on_completed()

        return embeddings.subscribe(take, observer.on_error, complete, scheduler=scheduler)

    return create(subscribe)


def _columns(columns: Columns | None) -> dict[str, str]:
    return {key: str(value) for key, value in (columns or {}).items()}
