"""Raw PCM: from interleaved integers or floats to one channel of float32."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Format = Literal["u8", "s16le", "s24le", "s32le", "f32le"]  # as ffmpeg and sox name them
BYTES: dict[Format, int] = {"u8": 1, "s16le": 2, "s24le": 3, "s32le": 4, "f32le": 4}


def one_channel(data: bytes, form: Format, channels: int, channel: int | None) -> NDArray[np.float32]:
    r"""Return *channel* (from 1) of interleaved *data*, or the mean of all: float32, (frames,), full scale [-1, 1].

    >>> one_channel(b"\x00\x40\x00\xc0", "s16le", 2, 1).tolist()
    [0.5]
    >>> one_channel(b"\x00\x40\x00\xc0", "s16le", 2, None).tolist()
    [0.0]
    >>> one_channel(b"\x00\x00\x80\x00\x00\x20", "s24le", 1, None).tolist()
    [-1.0, 0.25]
    """
    frames = _samples(data, form).reshape(-1, channels)
    if channel is not None:
        return np.ascontiguousarray(frames[:, channel - 1])
    return np.asarray(frames[:, 0] if channels == 1 else frames.mean(axis=1), np.float32)


def _samples(data: bytes, form: Format) -> NDArray[np.float32]:
    if form == "f32le":
        return np.asarray(np.nan_to_num(np.frombuffer(data, "<f4")), np.float32)
    if form == "u8":
        return (np.frombuffer(data, np.uint8).astype(np.float32) - 128) / np.float32(128)
    if form == "s24le":
        wide = np.zeros((len(data) // 3, 4), np.uint8)
        wide[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)  # the upper bytes, so the sign is right
        return np.asarray(wide.view("<i4")[:, 0] / 2**31, np.float32)
    bits = 8 * BYTES[form]
    return np.asarray(np.frombuffer(data, f"<i{bits // 8}") / 2 ** (bits - 1), np.float32)
