"""Files that may be compressed, read from front to end; the stream tells what it broke off on."""

from __future__ import annotations

import zlib
from typing import BinaryIO, Protocol

CHUNK_BYTES = 1 << 14  # becomes 17 MB at the very most
GZIP, ZLIB = 31, 15  # as zlib names the two containers: its `wbits`


class Stream(Protocol):
    """Bytes; `fault` is why no more come, empty where they simply end."""

    fault: str

    def read(self, size: int) -> bytes:
        """Return the next *size* bytes, or fewer at the end and before a fault."""


class Plain:
    """The bytes of *file* as they are."""

    def __init__(self, file: BinaryIO) -> None:
        self.fault = ""
        self.read = file.read


class Inflated:
    """The bytes of *file*, which is at its start, out of their container; gzip's may have several members."""

    def __init__(self, file: BinaryIO, container: int) -> None:
        self.fault = ""
        self._file = file
        self._container = container
        self._member = zlib.decompressobj(container)
        self._ready = bytearray()

    def read(self, size: int) -> bytes:
        """Return the next *size* bytes, or fewer at the end and before a fault."""
        while len(self._ready) < size and not self.fault:
            chunk = self._file.read(CHUNK_BYTES)
            if not chunk:
                self.fault = "" if self._member.eof else "the compressed data break off"
                break
            self._inflate(chunk)
        found = bytes(self._ready[:size])
        del self._ready[:size]
        return found

    def _inflate(self, chunk: bytes) -> None:
        while chunk and not self.fault:
            if self._member.eof:
                chunk = chunk.lstrip(b"\0")  # gzip may be padded
                if chunk and self._container == ZLIB:
                    self.fault = "something follows the compressed data"
                if not chunk or self.fault:
                    return
                self._member = zlib.decompressobj(self._container)
            try:
                self._ready += self._member.decompress(chunk)
            except zlib.error as error:
                self.fault = f"the compressed data are damaged: {str(error).rpartition(': ')[2]}"
            chunk = self._member.unused_data


def container_of(head: bytes) -> int | None:
    r"""Return the container that the first bytes of a file tell of, if any.

    >>> container_of(b"\x1f\x8b\x08"), container_of(b"\x78\x9c"), container_of(b"text")
    (31, 15, None)
    """
    if head[:3] == b"\x1f\x8b\x08":  # RFC 1952: magic, deflate
        return GZIP
    if len(head) >= 2 and head[0] & 15 == 8 and head[0] >> 4 <= 7 and int.from_bytes(head[:2], "big") % 31 == 0:
        return ZLIB  # RFC 1950: deflate, a window up to 32 KiB, a check of the two bytes
    return None
