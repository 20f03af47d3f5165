"""The framing of TFRecord files: records of any bytes, each with the checksums of its length and of its data.

    length: uint64 little endian | masked CRC32C of the 8 bytes: uint32 | data | masked CRC32C of the data: uint32

Source: https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO, BinaryIO, NamedTuple

from flowrun.models.examples.compression import Inflated, Plain, Stream, container_of

HEADER, FOOTER = struct.Struct("<QI"), struct.Struct("<I")
MAX_BYTES = (1 << 31) - 1  # of a protobuf message
READ_BYTES = 1 << 20  # at a time, so that a length that promises too much costs no memory
BUFFER_BYTES = 1 << 18


class Record(NamedTuple):
    """The data of one record, and where in the file, decompressed, its frame begins."""

    offset: int
    data: bytes


class Damage(NamedTuple):
    """Why there is no record at *offset* of the file, decompressed."""

    offset: int
    fault: str


def read_records(path: Path) -> Iterator[Record | Damage]:
    """Yield the records of a file, plain or in gzip's or zlib's container, and what is wrong with it.

    A record whose data are damaged costs no other; damage that hides where the next record begins ends the file. A
    file without a record is damage too.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb", buffering=BUFFER_BYTES) as file:
        yield from _records(_stream(file))


def write_record(stream: IO[bytes], data: bytes) -> None:
    """Add a record to *stream*."""
    length = struct.pack("<Q", len(data))
    stream.write(length + FOOTER.pack(masked_crc(length)) + data + FOOTER.pack(masked_crc(data)))


def masked_crc(data: bytes) -> int:
    """Return the CRC32C of *data*, rotated right by 15 bits, plus a constant, so that checksums may be checksummed.

    >>> hex(masked_crc(b"123456789"))
    '0xc78ab0e5'
    """
    from google_crc32c import value

    crc: int = value(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _stream(file: BinaryIO) -> Stream:
    head = file.read(HEADER.size)
    file.seek(0)
    # The length of a first record may look like a container's magic: its checksum tells.
    container = None if _length(head) is not None else container_of(head)
    return Plain(file) if container is None else Inflated(file, container)


def _length(header: bytes) -> int | None:
    """Return the length in a record's header, or None where it does not match its checksum."""
    if len(header) < HEADER.size:
        return None
    length, checksum = HEADER.unpack(header)
    return length if checksum == masked_crc(header[:8]) else None


def _records(stream: Stream) -> Iterator[Record | Damage]:
    offset = 0
    while header := stream.read(HEADER.size):
        length = _length(header)
        if length is None or length > MAX_BYTES:
            yield Damage(offset, stream.fault or _bad_header(header, offset))
            return
        size = length + FOOTER.size
        framed = _read(stream, size)
        if len(framed) < size:
            yield Damage(offset, stream.fault or f"the file breaks off: {size - len(framed)} bytes are missing")
            return
        data, checksum = framed[:length], framed[length:]
        if checksum == FOOTER.pack(masked_crc(data)):
            yield Record(offset, data)
        else:
            yield Damage(offset, f"its {length} bytes do not match their checksum")
        offset += HEADER.size + len(framed)
    if stream.fault or not offset:
        yield Damage(offset, stream.fault or "there is none: the file is empty")


def _read(stream: Stream, size: int) -> bytes:
    if size <= READ_BYTES:
        return stream.read(size)
    found = bytearray()
    while len(found) < size and (piece := stream.read(min(READ_BYTES, size - len(found)))):
        found += piece
    return bytes(found)


def _bad_header(header: bytes, offset: int) -> str:
    if not offset:
        return "there is none: this is no TFRecord file, or one damaged from its first byte on"
    if len(header) < HEADER.size:
        return "the file breaks off in the length of a record"
    if _length(header) is None:
        return "its length does not match its checksum, so the rest of the file is lost"
    return f"it claims {_length(header)} bytes, more than a record can have, so the rest of the file is lost"
