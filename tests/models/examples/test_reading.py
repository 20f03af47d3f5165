"""What records of AudioSet and of YouTube-8M hold, and what is wrong with those that are like neither."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowrun.models.examples.reading import ExampleReader, MissingKey
from flowrun.models.examples.tfrecord import Record, read_records

Make = Callable[..., bytes]
KEYS: dict[str, Any] = {"video_id": [b"abc"], "labels": [1, 3]}


def reader(*features: str, classes: int = 5, max_frames: int = 300) -> ExampleReader:
    return ExampleReader(features or ("audio_embedding",), classes, max_frames)


def test_a_frame_level_record_of_audioset(record: Make) -> None:
    context = {**KEYS, "start_time_seconds": [10.0], "end_time_seconds": [20.0]}
    found = reader()(record(context, audio_embedding=[[b"\x01\xff"], [b"\x02\x00"], [b"\x03\x07"]]))
    assert (found.id, found.labels) == ("abc", [1, 3])
    assert found.frames.dtype == np.uint8
    assert found.frames.tolist() == [[1, 255], [2, 0], [3, 7]]


def test_features_of_a_frame_level_record_of_youtube_8m_are_joined(record: Make) -> None:
    data = record({"id": [b"x"], "labels": [0]}, rgb=[[b"\1\2\3"], [b"\4\5\6"]], audio=[[b"\7"], [b"\x08"]])
    assert reader("rgb", "audio")(data).frames.tolist() == [[1, 2, 3, 7], [4, 5, 6, 8]]
    assert reader("audio", "rgb")(data).frames.tolist() == [[7, 1, 2, 3], [8, 4, 5, 6]]


def test_a_video_level_record_has_one_frame_of_floats(record: Make) -> None:
    data = record({"id": [b"x"], "labels": [], "mean_rgb": [0.5, -1.0], "mean_audio": [2.0]})
    found = reader("mean_rgb", "mean_audio")(data)
    assert found.frames.dtype == np.float32
    assert (found.frames.tolist(), found.labels) == ([[0.5, -1.0, 2.0]], [])


def test_frames_may_be_floats(record: Make) -> None:
    assert reader()(record(KEYS, audio_embedding=[[0.5], [1.5]])).frames.tolist() == [[0.5], [1.5]]


def test_a_long_example_is_cut(record: Make) -> None:
    assert reader(max_frames=2)(record(KEYS, audio_embedding=[[b"a"], [b"b"], [b"c"]])).frames.tolist() == [[97], [98]]


def test_an_id_that_is_no_utf_8_is_escaped(record: Make) -> None:
    assert reader()(record({**KEYS, "video_id": [b"a\xff"]}, audio_embedding=[[b"a"]])).id == "a\\xff"


@pytest.mark.parametrize(
    ("context", "features", "fault"),
    [
        ({"labels": [1]}, None, "no key 'video_id' or 'id' in its context, which has labels"),
        ({"id": [b"x"]}, None, "no key 'labels' in its context, which has id"),
        (KEYS, ["audio"], "no feature 'audio'; it has feature lists: audio_embedding; context: labels, video_id"),
    ],
)
def test_what_is_missing_by_its_name_is_told_with_what_is_there(
    record: Make, context: Any, features: Any, fault: str
) -> None:
    with pytest.raises(MissingKey) as error:
        reader(*features or ())(record(context, audio_embedding=[[b"a"]]))
    assert str(error.value) == fault


@pytest.mark.parametrize(
    ("context", "frames", "fault"),
    [
        ({**KEYS, "labels": [5]}, [[b"a"]], "the label 5 is outside the list of 5 classes"),
        ({**KEYS, "labels": [-1]}, [[b"a"]], "the label -1 is outside the list of 5 classes"),
        ({**KEYS, "labels": [b"Dog"]}, [[b"a"]], "'labels' holds a bytes_list, not an int64_list"),
        ({**KEYS, "video_id": [b""]}, [[b"a"]], "'video_id' is not one string of bytes"),
        ({**KEYS, "video_id": [7]}, [[b"a"]], "'video_id' is not one string of bytes"),
        (KEYS, [], "'audio_embedding': it has no frames"),
        (KEYS, [[b"ab"], [b"a"]], "'audio_embedding': frame 1 has 1 bytes, not 2"),
        (KEYS, [[b""]], "'audio_embedding': frame 0 has 0 bytes, not any"),
        (KEYS, [[b"a"], [1.0]], "'audio_embedding': frame 1 has 0 strings of bytes, not 1"),
        (KEYS, [[b"a"], [b"b", b"c"]], "'audio_embedding': frame 1 has 2 strings of bytes, not 1"),
        (KEYS, [[1.0, 2.0], [1.0]], "'audio_embedding': frame 1 has 1 floats, not 2"),
        (KEYS, [[1.0], [float("nan")]], "'audio_embedding': frame 1 has a value that is not finite"),
        (KEYS, [[float("inf")]], "'audio_embedding': frame 0 has a value that is not finite"),
        (KEYS, [[3]], "'audio_embedding': its frames are int64_list, neither bytes nor floats"),
    ],
)
def test_what_is_wrong_is_told(record: Make, context: Any, frames: Any, fault: str) -> None:
    with pytest.raises(ValueError, match=r".") as error:
        reader()(record(context, audio_embedding=frames))
    assert str(error.value) == fault
    assert not isinstance(error.value, MissingKey)


def test_features_of_different_lengths_or_types_are_not_joined(record: Make) -> None:
    data = record(KEYS, rgb=[[b"a"], [b"b"]], audio=[[b"c"]], pitch=[[1.0]])
    with pytest.raises(ValueError, match="the frames of its features differ: 'rgb' 2, 'audio' 1"):
        reader("rgb", "audio", max_frames=1)(data)
    with pytest.raises(ValueError, match="the types of its features differ: 'audio' uint8, 'pitch' float32"):
        reader("audio", "pitch")(data)


def test_all_records_of_a_set_are_like_the_first_good_one(record: Make) -> None:
    read = reader()
    with pytest.raises(ValueError, match="outside"):
        read(record({**KEYS, "labels": [9]}, audio_embedding=[[b"abc"]]))
    read(record(KEYS, audio_embedding=[[b"ab"]]))
    for frame, told in ((b"abc", "3 uint8"), (1.0, "1 float32")):
        with pytest.raises(ValueError, match=f"'audio_embedding': a frame is {told}, not 2 uint8 as in the records"):
            read(record(KEYS, audio_embedding=[[frame]]))
    assert len(read(record(KEYS, audio_embedding=[[b"ab"]])).frames) == 1


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=80), st.integers(0, 200), st.integers(0, 255))
def test_any_bytes_are_an_example_or_a_value_error(record: Make, data: bytes, at: int, flip: int) -> None:
    good = bytearray(record(KEYS, audio_embedding=[[b"ab"], [b"cd"]]))
    good[at % len(good)] ^= flip
    for content in (data, bytes(good), bytes(good[: at % len(good)])):
        with suppress(ValueError):
            assert len(reader()(content).frames)


def test_real_records_of_audioset(shared: Path) -> None:
    read = reader(classes=527)
    for name in ("-0.tfrecord", "-1.tfrecord"):
        for found in read_records(shared / "data" / "audioset" / "bal_train" / name):
            assert isinstance(found, Record)
            example = read(found.data)
            assert example.frames.shape == (10, 128)
            assert example.id[:2] == name[:2]  # the files are named so
            assert example.labels
