"""Every format gives the same sound, at full scale [-1, 1]."""

from __future__ import annotations

import numpy as np
import pytest

from flowrun.models.capture.pcm import BYTES, Format, one_channel

SOUND = np.array([0.0, 0.5, -0.5, -1.0, 0.25])


def written(form: Format) -> bytes:
    if form == "f32le":
        return SOUND.astype("<f4").tobytes()
    if form == "u8":
        return (SOUND * 128 + 128).astype(np.uint8).tobytes()
    whole = (SOUND * 2**31).clip(-(2**31), 2**31 - 1).astype("<i4").view(np.uint8).reshape(-1, 4)
    return whole[:, 4 - BYTES[form] :].tobytes()


@pytest.mark.parametrize("form", list(BYTES))
def test_a_format_is_read(form: Format) -> None:
    samples = one_channel(written(form), form, 1, None)
    assert samples.dtype == np.float32
    np.testing.assert_allclose(samples, SOUND, atol=1e-6)


def test_one_channel_is_chosen_or_all_are_averaged() -> None:
    data = np.array([[0.25, -0.75], [0.5, 0.0]], "<f4").tobytes()
    assert one_channel(data, "f32le", 2, 2).tolist() == [-0.75, 0.0]
    assert one_channel(data, "f32le", 2, None).tolist() == [-0.25, 0.25]


def test_what_is_no_number_is_silence_or_full_scale() -> None:
    samples = one_channel(np.array([np.nan, 0.5], "<f4").tobytes(), "f32le", 1, None)
    assert samples.tolist() == [0.0, 0.5]
