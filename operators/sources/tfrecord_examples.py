"""TFRecord files of AudioSet or YouTube-8M."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, TypedDict

from reactivex import Observable

from flowrun.models.examples.class_list import class_list
from flowrun.models.examples.reading import Example, ExampleReader
from flowrun.operators._known_classes import known_classes
from flowrun.operators._printable import printable
from flowrun.operators.sources._example_files import example_files
from flowrun.operators.sources._example_records import in_turn, names_checked, read_all
from flowrun.schemas.kernel import produce
from flowrun.schemas.late import np
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Examples, Failed
from flowrun.schemas.run import Run
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import Mismatch, StreamInfo

FEATURES = ["audio_embedding"]


class Shard(TypedDict):
    """One part of the files."""

    index: Annotated[int, Field(ge=0, doc="Which part, from 0.")]
    count: Annotated[int, Field(ge=1, doc="How many parts there are.")]


def _info(
    *,
    files: str | list[str],
    labels: str,
    features: list[str] | None,
    embedding: str,
    shard: Shard | None,
    stream: str | None,
    **_: Any,
) -> StreamInfo:
    classes = known_classes(labels)
    if features is not None and (not features or len(set(features)) < len(features)):
        raise Mismatch("needs at least one feature, and each once", "features")
    if shard and shard["index"] >= shard["count"]:
        raise Mismatch(f"index {shard['index']} is not below count {shard['count']}", "shard", "index")
    return StreamInfo(labels=classes, embedding=embedding, stream=_stream(stream, _patterns(files)))


@operator(info=_info, on_error="stop")
def tfrecord_examples(
    *,
    files: Annotated[str | list[str], Field(patterns=True)],
    labels: str = "audioset",
    features: list[str] | None = None,
    embedding: str = "vggish",
    max_frames: Annotated[int, Field(ge=1)] = 300,
    block: Annotated[int, Field(ge=1)] = 1024,
    interleave: Annotated[int, Field(ge=1)] = 16,
    shard: Shard | None = None,
    stream: str | None = None,
    run: Run,
) -> Observable[Examples]:
    """Read labelled examples from TFRecord files, in the forms of AudioSet and YouTube-8M, plain or gzipped.

    A damaged record, or one that is not like the others, is a failure of its own, told with its file and byte:
    `on_error: skip` goes on with the next, `on_error: {to: STEP}` makes a dead letter of it. A feature that no record
    has stops the flow in any case.

    Args:
        files: Paths, from the working directory or beside the flow; `*`, `?`, `[…]` and, for folders in folders, `**`
            stand for others. A folder stands for its `*.tfrecord` files.
        labels: The classes; `audioset`, or the path of class_labels_indices.csv of AudioSet, of vocabulary.csv of
            YouTube-8M, or of a text with a name on each line.
        features: Names of the features, which are joined, such as [rgb, audio] or [mean_rgb, mean_audio]; without it
            `audio_embedding`.
        embedding: Name of the model that made the features.
        max_frames: Longer examples are cut.
        block: Examples in an item.
        interleave: How many files are read in turn, a record each, so that neighbours do not stay neighbours.
        shard: Read only one part of the files, every count-th from index on.
        stream: Name of the set; without it `files`.
    """
    patterns = _patterns(files)
    name = _stream(stream, patterns)

    def items() -> Iterator[Examples | Failed]:
        classes = class_list(labels)
        paths = _part(example_files(patterns), shard)
        read = ExampleReader(features or FEATURES, len(classes), max_frames)
        found = names_checked(in_turn(paths, interleave), read)
        waiting: list[Example] = []
        for example in read_all(found, read):
            if run.stopping.is_set():
                break
            if isinstance(example, Failed):
                yield example
                continue
            if len(waiting) == block:  # and there is one more, so it is not the last
                yield _joined(waiting, classes, embedding, name, last=False)
                waiting = []
            waiting.append(example)
        if waiting:
            yield _joined(waiting, classes, embedding, name, last=True)
        elif not run.stopping.is_set():
            raise ValueError(f"no good example in {name} ({len(paths)} file{'s' * (len(paths) > 1)})")

    return produce(items)


def _patterns(files: str | list[str]) -> list[str]:
    return [files] if isinstance(files, str) else files


def _stream(stream: str | None, patterns: Sequence[str]) -> str:
    return printable(", ".join(patterns) if stream is None else stream)


def _part(paths: list[str], shard: Shard | None) -> list[str]:
    part = paths[shard["index"] :: shard["count"]] if shard else paths
    if shard and not part:
        raise ValueError(f"{len(paths)} files are too few: part {shard['index']} of {shard['count']} is empty")
    return part


def _joined(
    examples: Sequence[Example], labels: tuple[str, ...], embedding: str, stream: str, *, last: bool
) -> Examples:
    first = examples[0].frames
    lengths = np.array([len(example.frames) for example in examples], np.int32)
    features = np.zeros((len(examples), int(lengths.max()), first.shape[1]), first.dtype)
    targets = np.zeros((len(examples), len(labels)), np.bool_)
    for i, example in enumerate(examples):
        features[i, : lengths[i]] = example.frames
        targets[i, example.labels] = True
    ids = np.array([printable(example.id) for example in examples])
    return Examples(features, lengths, targets, ids, labels, embedding, stream, epoch_end=last, last=last)
