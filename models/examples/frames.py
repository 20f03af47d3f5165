"""The values of a feature as an array: 8-bit values of bytes, floats of floats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Frames = NDArray[np.uint8] | NDArray[np.float32]


def frames_of(features: Sequence[Any]) -> Frames:
    """Return the frames of a feature that has one `tensorflow.Feature` for each, shape (frames, dims).

    Raises:
        ValueError: there is none, or they differ in type or size, or a value is not finite.
    """
    if not features:
        raise ValueError("it has no frames")
    kind = features[0].WhichOneof("kind")
    if kind == "bytes_list":
        values = [feature.bytes_list.value for feature in features]
        _check(values, "strings of bytes", 1)
        rows = [row for (row,) in values]
        _check(rows, "bytes", len(rows[0]))
        return np.frombuffer(b"".join(rows), np.uint8).reshape(len(rows), -1)
    if kind == "float_list":
        values = [feature.float_list.value for feature in features]
        _check(values, "floats", len(values[0]))
        frames = np.array([value for row in values for value in row], np.float32).reshape(len(values), -1)
        if not np.isfinite(frames).all():
            raise ValueError(f"frame {int(np.argmin(np.isfinite(frames).all(axis=1)))} has a value that is not finite")
        return frames
    raise ValueError(f"its frames are {kind or 'empty'}, neither bytes nor floats")


def _check(frames: Sequence[Sequence[Any]], unit: str, size: int) -> None:
    """Raise at the first of *frames* that is empty or not of *size*."""
    if not size or set(map(len, frames)) != {size}:
        wrong = next(i for i, frame in enumerate(frames) if len(frame) != size or not size)
        raise ValueError(f"frame {wrong} has {len(frames[wrong])} {unit}, not {size or 'any'}")
