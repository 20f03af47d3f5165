"""A file from a web server, whole and checked or not at all; a broken download goes on where it broke."""

from __future__ import annotations

import http.client
import re
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from email.message import Message
from pathlib import Path
from typing import IO, cast

from flowrun.models.atomic_file import commit, part_of
from flowrun.models.bundle import sha256
from flowrun.models.disk import need_space, no_space
from flowrun.models.web import web_opener
from flowrun.schemas.errors import ModelError

Progress = Callable[[str, int, int | None], None]  # what, bytes so far, bytes in all where known

TRIES = 4  # in a row without a byte more; 1, 2 and 4 s apart
TIMEOUT_S = 30.0
CHUNK_BYTES = 1 << 18
TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})


class _Broken(Exception):
    """The download ended early in a way that may pass; the text says why."""


def download(
    url: str,
    path: Path,
    *,
    sha256_expected: str | None = None,
    bytes_expected: int | None = None,
    progress: Progress,
    wait: Callable[[float], None] = time.sleep,
    timeout_s: float = TIMEOUT_S,
) -> None:
    """Fetch *url* to *path*.

    What has come is kept in a part beside *path*. It is continued only if the server confirms that the file is still
    the same (by its ETag or its date), or if the checksum will tell.

    Args:
        url: An address of http or https.
        path: Where the file appears once it is complete and checked.
        sha256_expected: What its SHA-256 must be, where known.
        bytes_expected: What its length must be, where known.
        progress: Called with the name of the file, the bytes so far and in all.
        wait: Waits so many seconds before another try.
        timeout_s: How long the server may be silent.

    Raises:
        ModelError: the file is not there, the network or the server fails, the disk is full, or the file is another.
    """
    if not url.startswith(("http://", "https://")):
        raise ModelError(f"{url}: only http and https addresses are fetched")
    transfer = _Transfer(url, path, sha256_expected is not None, bytes_expected, progress, timeout_s)
    failures, reached = 0, transfer.size()
    while True:
        try:
            transfer.run()
            break
        except _Broken as broken:
            failures = 1 if transfer.size() > reached else failures + 1
            reached = max(reached, transfer.size())
            if failures >= TRIES:
                kept = f"; {transfer.size():,} bytes are kept, pull again to go on" if transfer.size() else ""
                raise ModelError(f"{url}: {broken} ({TRIES} tries){kept}") from None
            wait(2.0 ** (failures - 1))
        except OSError as error:
            raise no_space(error, path.parent) or ModelError(f"{path}: {error.strerror}") from None
    transfer.finish(sha256_expected)


class _Transfer:
    def __init__(
        self, url: str, path: Path, checked: bool, length: int | None, progress: Progress, timeout_s: float
    ) -> None:
        self.url = url
        self.path = path
        self.part = part_of(path)
        self.validator = self.part.with_suffix(".etag")  # what names the version that the part belongs to
        self.checked = checked
        self.length = length
        self.progress = progress
        self.timeout_s = timeout_s

    def size(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def run(self) -> None:
        """Fetch what is missing of the part."""
        request = urllib.request.Request(self.url, headers={"User-Agent": "flowrun", "Accept-Encoding": "identity"})
        version = self.validator.read_text("ascii") if self.validator.exists() else ""
        start = self.size() if version or self.checked else 0
        if self.length is not None and start == self.length:
            return
        if start:
            request.add_header("Range", f"bytes={start}-")
            if version:
                request.add_header("If-Range", version)
        with self._open(request) as response:
            self._receive(response, start)

    def _open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        try:
            return cast(http.client.HTTPResponse, web_opener().open(request, timeout=self.timeout_s))
        except urllib.error.HTTPError as error:
            error.close()
            text = f"{error.code} {error.reason}"
            if error.code == 416:  # the part is longer than the file
                self._forget()
            elif error.code not in TRANSIENT:
                raise ModelError(f"{self.url}: {text}") from None
            raise _Broken(text) from None
        except (OSError, http.client.HTTPException) as error:
            reason = error.reason if isinstance(error, urllib.error.URLError) else error
            text = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
            if isinstance(reason, (ssl.SSLCertVerificationError, http.client.InvalidURL)):
                raise ModelError(f"{self.url}: {text}") from None
            raise _Broken(text) from None

    def _receive(self, response: http.client.HTTPResponse, start: int) -> None:
        if response.status != 206 or _first_byte(response.headers) != start:
            start = 0  # the server sends all of it, or another version
        left = response.headers.get("Content-Length")
        total = start + int(left) if left and left.isdecimal() else None
        if total is not None and self.length not in (None, total):
            raise ModelError(f"{self.url}: has {total:,} bytes, but {self.length:,} are expected: it is another file")
        if total is not None:
            need_space(self.path.parent, total - start)
        with self.part.open("r+b" if start else "wb", buffering=0) as stream:
            stream.seek(start)
            self._note_version(response.headers)
            size = start
            self.progress(self.path.name, size, total)
            while chunk := self._read(response):
                _write(stream, chunk)
                size += len(chunk)
                self.progress(self.path.name, size, total)
        if total is not None and size < total:
            raise _Broken(f"the connection broke after {size:,} of {total:,} bytes")

    def _read(self, response: http.client.HTTPResponse) -> bytes:
        try:
            return response.read(CHUNK_BYTES)
        except (OSError, http.client.HTTPException) as error:  # told apart from an error of the disk
            raise _Broken(f"the connection broke: {getattr(error, 'strerror', None) or error}") from None

    def _note_version(self, headers: Message) -> None:
        etag = headers.get("ETag", "")
        version = etag if etag.startswith('"') else headers.get("Last-Modified", "")  # a weak ETag does not serve
        self.validator.write_text(version, "ascii", errors="replace")

    def _forget(self) -> None:
        self.part.unlink(missing_ok=True)
        self.validator.unlink(missing_ok=True)

    def finish(self, expected: str | None) -> None:
        """Check the part and let it take its place."""
        found = sha256(self.part)
        if expected not in (None, found):
            self._forget()
            raise ModelError(
                f"{self.url}: the SHA-256 is {found}, not {expected}: another or a damaged file; it was deleted"
            )
        with self.part.open("r+b") as stream:
            commit(stream, self.path)
        self.validator.unlink(missing_ok=True)


def _write(stream: IO[bytes], chunk: bytes) -> None:
    """Write all of *chunk*: an unbuffered file may take a part of it."""
    rest = memoryview(chunk)
    while rest:
        rest = rest[stream.write(rest) :]


def _first_byte(headers: Message) -> int | None:
    found = re.match(r"bytes (\d+)-", headers.get("Content-Range", ""))
    return int(found[1]) if found else None
