"""The framing of TFRecord files: what is written is read, what is damaged is told with its place."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowrun.models.examples.tfrecord import HEADER, MAX_BYTES, Damage, Record, masked_crc, read_records, write_record

FRAME = 16  # bytes around the data of a record
any_file = settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


def framed(*records: bytes) -> bytes:
    stream = io.BytesIO()
    for data in records:
        write_record(stream, data)
    return stream.getvalue()


@pytest.fixture
def read(tmp_path: Path) -> Callable[[bytes], list[Record | Damage]]:
    """A function that reads a file of the bytes it is given."""

    def reading(content: bytes) -> list[Record | Damage]:
        path = tmp_path / "a.tfrecord"
        path.write_bytes(content)
        return list(read_records(path))

    return reading


def test_a_record_has_the_bytes_that_tensorflow_writes() -> None:
    """Written by tf.io.TFRecordWriter of TensorFlow 2.21."""
    assert framed(b"hello").hex() == "0500000000000000eab2043e68656c6c6fbb1f1c19"


@any_file
@given(st.lists(st.binary(max_size=50)), st.sampled_from([bytes, gzip.compress, zlib.compress]))
def test_what_is_written_is_read_also_when_it_is_compressed(
    read: Callable[..., list[Record | Damage]], records: list[bytes], packed: Callable[[bytes], bytes]
) -> None:
    expected: list[Record | Damage] = []
    at = 0
    for data in records:
        expected.append(Record(at, data))
        at += len(data) + FRAME
    assert read(packed(framed(*records))) == (expected or [Damage(0, "there is none: the file is empty")])


@any_file
@given(st.binary(max_size=100), st.sampled_from([bytes, framed, gzip.compress, zlib.compress]), st.binary(max_size=20))
def test_any_bytes_give_records_or_damage_with_its_place(
    read: Callable[..., list[Record | Damage]], content: bytes, packed: Callable[[bytes], bytes], tail: bytes
) -> None:
    for found in read(packed(content) + tail):
        assert found.offset >= 0
        assert isinstance(found, Record) or found.fault


@any_file
@given(st.lists(st.binary(max_size=20), min_size=1, max_size=4), st.data())
def test_a_flipped_bit_is_always_noticed(
    read: Callable[..., list[Record | Damage]], records: list[bytes], data: st.DataObject
) -> None:
    content = bytearray(framed(*records))
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    found = read(bytes(content))
    assert any(isinstance(each, Damage) for each in found)
    assert [each.data for each in found if isinstance(each, Record)] != records


def test_damaged_data_cost_their_record_only(read: Callable[..., list[Record | Damage]]) -> None:
    content = framed(b"first", b"second").replace(b"first", b"fault")
    assert read(content) == [Damage(0, "its 5 bytes do not match their checksum"), Record(21, b"second")]


@pytest.mark.parametrize(
    ("content", "offset", "fault"),
    [
        (b"", 0, "there is none: the file is empty"),
        (b"abc", 0, "there is none: this is no TFRecord file, or one damaged from its first byte on"),
        (b"index,mid,display_name\n" * 9, 0, "there is none: this is no TFRecord file, or one damaged from its fi"),
        (framed(b"first", b"second")[:-1], 21, "the file breaks off: 1 bytes are missing"),
        (framed(b"first", b"second")[:-7], 21, "the file breaks off: 7 bytes are missing"),
        (framed(b"first", b"second")[:26], 21, "the file breaks off in the length of a record"),
        (framed(b"first") + b"\1" * 30, 21, "its length does not match its checksum, so the rest of the file is lost"),
        (gzip.compress(framed(b"first", b"second"), mtime=0)[:-12], 21, "the compressed data break off"),
        (gzip.compress(framed(b"first"), mtime=0)[:-1], 21, "the compressed data break off"),
        (
            gzip.compress(framed(b"first"), mtime=0)[:-6] + bytes(6),
            0,
            "the compressed data are damaged: incorrect data check",
        ),
        (zlib.compress(framed(b"first")) + b"x", 21, "something follows the compressed data"),
        (gzip.compress(b"", mtime=0), 0, "there is none: the file is empty"),
    ],
)
def test_what_hides_the_next_record_ends_the_file(
    read: Callable[..., list[Record | Damage]], content: bytes, offset: int, fault: str
) -> None:
    *good, damage = read(content)
    assert isinstance(damage, Damage)
    assert (damage.offset, damage.fault[: len(fault)]) == (offset, fault)
    assert good == [Record(0, b"first")] * bool(offset)


def test_gzip_may_have_several_members_and_padding(read: Callable[..., list[Record | Damage]]) -> None:
    content = gzip.compress(framed(b"first"), mtime=0) + gzip.compress(framed(b"second"), mtime=0) + bytes(9)
    assert read(content) == [Record(0, b"first"), Record(21, b"second")]


def test_a_plain_file_whose_first_length_looks_like_gzip_is_read(read: Callable[..., list[Record | Damage]]) -> None:
    data = bytes(0x088B1F)
    assert read(framed(data)) == [Record(0, data)]


@pytest.mark.parametrize("length", [1 << 30, MAX_BYTES + 1, (1 << 64) - 1])
def test_a_length_that_promises_too_much_costs_no_memory(
    read: Callable[..., list[Record | Damage]], length: int
) -> None:
    header = length.to_bytes(8, "little")
    (damage,) = read(HEADER.pack(length, masked_crc(header)) + b"x" * 100)
    assert isinstance(damage, Damage)


def test_a_missing_file_is_an_oserror(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(read_records(tmp_path / "a.tfrecord"))
