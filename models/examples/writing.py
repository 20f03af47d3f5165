"""Embeddings in the form of AudioSet's records.

Source: https://research.google.com/audioset/download.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from flowrun.models.examples.messages import sequence_example
from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEATURE = "audio_embedding"


class Frame(NamedTuple):
    """One embedding, shape (dims,), uint8 or float32, and where it lies in its stream, s."""

    start_s: float
    end_s: float
    values: NDArray[np.uint8] | NDArray[np.float32]


def audioset_example(stream: str, frames: Sequence[Frame], labels: Sequence[int]) -> bytes:
    """Return some frames of *stream* as a serialised SequenceExample; *labels* are indices of classes.

    Frames of 8 bits become bytes, as in AudioSet, floats floats.
    """
    example = sequence_example()
    context = example.context.feature
    context["video_id"].bytes_list.value.append(stream.encode())
    context["start_time_seconds"].float_list.value.append(frames[0].start_s)
    context["end_time_seconds"].float_list.value.append(frames[-1].end_s)
    context["labels"].int64_list.SetInParent()  # also where there are none
    context["labels"].int64_list.value.extend(labels)
    features = example.feature_lists.feature_list[FEATURE].feature
    for frame in frames:
        if frame.values.dtype == np.uint8:
            features.add().bytes_list.value.append(frame.values.tobytes())
        else:
            features.add().float_list.value.extend(frame.values.tolist())
    return bytes(example.SerializeToString(deterministic=True))
