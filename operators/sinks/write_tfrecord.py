"""TFRecord files in AudioSet's form."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

from reactivex import Observable

from flowrun.models.atomic_file import atomic_file
from flowrun.models.examples.tfrecord import write_record
from flowrun.models.examples.writing import Frame, audioset_example
from flowrun.operators._known_classes import known_classes
from flowrun.schemas.kernel import Sink, write_to
from flowrun.schemas.late import np
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Embeddings, StreamEnd
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import Mismatch, StreamInfo, nearest


def _info(*, label: list[str] | None, labels: str, **_: Any) -> StreamInfo:
    classes = known_classes(labels)
    for i, name in enumerate(label or ()):
        if name not in classes:
            raise Mismatch(f"{labels!r} has no class {name!r}", "label", i, remedy=nearest(name, classes))
    return StreamInfo()


@operator(info=_info)
def write_tfrecord(
    embeddings: Observable[Embeddings | StreamEnd],
    *,
    path: Path,
    segment_frames: Annotated[int, Field(ge=1)] = 10,
    label: list[str] | None = None,
    labels: str = "audioset",
) -> Sink:
    """Write embeddings as examples to train with, in the form of AudioSet's TFRecord files.

    An example is a tf.train.SequenceExample: in its context `video_id`, the name of the stream, `start_time_seconds`,
    `end_time_seconds` and `labels`, and `audio_embedding` for each frame. Embeddings of 8 bits, as `vggish` makes them
    by default, are written as bytes, as in AudioSet; floats, as of YAMNet, as floats. The file appears, whole, when the
    flow ends.

    Args:
        path: The file.
        segment_frames: Frames in an example; what is left at the end of a stream, or before a gap, makes a shorter one.
        label: The classes that all the examples have; without it none.
        labels: The list that gives the classes their numbers; `audioset`, or the path of one.
    """
    classes = known_classes(labels)
    return write_to(embeddings, lambda: _Writer(path, segment_frames, sorted(map(classes.index, label or ()))))


class _Writer:
    def __init__(self, path: Path, segment_frames: int, labels: Sequence[int]) -> None:
        self.segment_frames = segment_frames
        self.labels = labels
        self.waiting: dict[str, list[Frame]] = {}  # by stream, less than a segment of each
        self.kind: tuple[str, int, str] | None = None
        self.open = ExitStack()
        self.file = self.open.enter_context(atomic_file(path, "wb"))

    def write(self, item: Embeddings | StreamEnd) -> None:
        if isinstance(item, StreamEnd):
            self._end(item.stream)
            return
        self._check(item)
        if item.gap:
            self._end(item.stream)
        for start_s, values in zip(item.at.start_s.tolist(), item.vectors, strict=True):
            frames = self.waiting.setdefault(item.stream, [])
            frames.append(Frame(start_s, start_s + item.at.window_s, values.copy()))  # a view would keep the block
            if len(frames) == self.segment_frames:
                self._end(item.stream)
        if item.last:
            self._end(item.stream)

    def close(self) -> None:
        for stream in list(self.waiting):
            self._end(stream)
        self.open.close()

    def abort(self) -> None:
        failed = ValueError("the flow failed")
        self.open.__exit__(type(failed), failed, None)

    def _check(self, item: Embeddings) -> None:
        """Refuse what cannot be written, or not beside what has been."""
        kind = (item.model, item.vectors.shape[1], str(item.vectors.dtype))
        if item.vectors.dtype not in (np.uint8, np.float32):
            raise ValueError(f"embeddings are uint8 or float32, not {item.vectors.dtype}")
        if not np.isfinite(item.vectors).all():
            raise ValueError("an embedding has a value that is not finite")
        self.kind = self.kind or kind
        if kind != self.kind:
            was, now = (f"{model} embeddings of {dims} {dtype}" for model, dims, dtype in (self.kind, kind))
            raise ValueError(f"the file holds {was}, not {now} beside them: write two files")

    def _end(self, stream: str) -> None:
        frames = self.waiting.pop(stream, None)
        if frames:
            write_record(self.file, audioset_example(stream, frames, self.labels))
