"""What a record of AudioSet or YouTube-8M holds: an id, frames, labels.

Frame-level records, SequenceExamples, have `video_id` or `id` and `labels` in their context, and feature lists with a
value per frame: 8-bit `audio_embedding` (128) in AudioSet, `rgb` (1024) and `audio` (128) in YouTube-8M. Video-level
records, Examples, have the floats `mean_rgb` (1024) and `mean_audio` (128) beside those: one frame.

Source: https://research.google.com/audioset/download.html, https://research.google.com/youtube8m/download.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from flowrun.models.examples.frames import frames_of
from flowrun.models.examples.messages import sequence_example
from flowrun.schemas.late import np

if TYPE_CHECKING:
    from flowrun.models.examples.frames import Frames

IDS = ("video_id", "id")
LABELS = "labels"


class Example(NamedTuple):
    """One record: frames of shape (frames, dims), at least one; labels are indices of classes, perhaps none."""

    id: str
    frames: Frames
    labels: list[int]


class MissingKey(ValueError):
    """A record lacks something by its name: if all do, the name is wrong."""


class ExampleReader:
    """Reads the records of one set, which have the same features: the first good one tells their types and sizes.

    Args:
        features: Names of the features; several are joined along their dims.
        classes: How many classes there are.
        max_frames: Frames after these are left out.
    """

    def __init__(self, features: Sequence[str], classes: int, max_frames: int) -> None:
        self._features = features
        self._classes = classes
        self._max_frames = max_frames
        self._known: list[tuple[int, np.dtype[Any]]] = []  # dims and type of each feature

    def __call__(self, data: bytes) -> Example:
        """Return the example in the bytes of a record.

        Raises:
            MissingKey: it has no id, no labels, or not all features.
            ValueError: it is damaged, or unlike the records before.
        """
        record = sequence_example(data)
        context, lists = record.context.feature, record.feature_lists.feature_list
        parts = [_frames(name, context, lists) for name in self._features]
        example = Example(_id(context), self._joined(parts)[: self._max_frames], self._labels(context))
        found = [(part.shape[1], part.dtype) for part in parts]
        if self._known and found != self._known:
            name, now, known = next(of for of in zip(self._features, found, self._known, strict=True) if of[1] != of[2])
            told = ", not ".join(f"{dims} {dtype}" for dims, dtype in (now, known))
            raise ValueError(f"{name!r}: a frame is {told} as in the records before")
        self._known = found
        return example

    def _joined(self, parts: Sequence[Any]) -> Frames:
        for what, of in (("frames", [len(part) for part in parts]), ("types", [part.dtype for part in parts])):
            if len(set(of)) > 1:
                told = ", ".join(f"{name!r} {value}" for name, value in zip(self._features, of, strict=True))
                raise ValueError(f"the {what} of its features differ: {told}")
        joined: Frames = np.concatenate(parts, axis=1)
        return joined

    def _labels(self, context: Mapping[str, Any]) -> list[int]:
        if LABELS not in context:
            raise MissingKey(f"no key {LABELS!r} in its context, which has {_listed(context)}")
        kind = context[LABELS].WhichOneof("kind")
        if kind not in ("int64_list", None):  # an empty list may be written as nothing at all
            raise ValueError(f"{LABELS!r} holds a {kind}, not an int64_list")
        labels = list(context[LABELS].int64_list.value)
        wrong = next((label for label in labels if not 0 <= label < self._classes), None)
        if wrong is not None:
            raise ValueError(f"the label {wrong} is outside the list of {self._classes} classes")
        return labels


def _frames(name: str, context: Mapping[str, Any], lists: Mapping[str, Any]) -> Frames:
    if name not in lists and name not in context:
        has = f"feature lists: {_listed(lists)}; context: {_listed(context)}"
        raise MissingKey(f"no feature {name!r}; it has {has}")
    try:
        return frames_of(lists[name].feature if name in lists else [context[name]])
    except ValueError as error:
        raise ValueError(f"{name!r}: {error}") from None


def _id(context: Mapping[str, Any]) -> str:
    key = next((key for key in IDS if key in context), None)
    if key is None:
        raise MissingKey(f"no key {' or '.join(map(repr, IDS))} in its context, which has {_listed(context)}")
    values = context[key].bytes_list.value
    if len(values) != 1 or not values[0]:
        raise ValueError(f"{key!r} is not one string of bytes")
    return str(values[0].decode("utf-8", "backslashreplace"))


def _listed(keys: Mapping[str, Any]) -> str:
    return ", ".join(sorted(keys)) or "nothing"
