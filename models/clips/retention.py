"""How many recordings a folder keeps: the oldest go first."""

from __future__ import annotations

import errno
import heapq
import json
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from flowrun.models.disk import megabytes

SIDECAR = ".json"  # after the whole name of the recording


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be kept; None where there is no limit.

    max_bytes: of all recordings together. max_age_s: of a recording. min_free_bytes: left on the disk.
    """

    max_bytes: int | None = None
    max_age_s: float | None = None
    min_free_bytes: int = 0


class Kept(NamedTuple):
    """A recording: when it was written, where, and how large it is with its sidecar."""

    written_at: datetime
    path: Path
    size: int


def free_bytes(folder: Path) -> int:
    """Return how much the disk of *folder* has room for."""
    return shutil.disk_usage(folder).free


class Retention:
    """The recordings in a folder, within limits. Files that are not recordings of ours are left alone.

    Args:
        folder: Where they are, in folders of its own too.
        limits: What may be kept.
        free: Tells how many bytes are free on the disk of a folder.
    """

    def __init__(self, folder: Path, limits: Limits, free: Callable[[Path], int] = free_bytes) -> None:
        self._folder = folder
        self._limits = limits
        self._free = free
        self._kept: list[Kept] | None = None  # a heap, the oldest first
        self._bytes = 0

    def add(self, written_at: datetime, path: Path, size: int) -> None:
        """Note a new recording."""
        heapq.heappush(self._known(), Kept(written_at, path, size))
        self._bytes += size

    def expire(self, now: datetime) -> None:
        """Remove what is too old."""
        if self._limits.max_age_s is None:
            return
        limit = now - timedelta(seconds=self._limits.max_age_s)
        kept = self._known()
        while kept and kept[0].written_at < limit:
            self._remove_oldest(kept)

    def make_room(self, count: int) -> None:
        """Remove the oldest until *count* more bytes may be written.

        Raises:
            OSError: they may not even so; what is kept stays if that is known before.
        """
        limit, kept = self._limits.max_bytes, self._known()
        if limit is not None and count > limit:
            raise OSError(errno.EFBIG, f"a recording of {megabytes(count)} is over max_bytes ({megabytes(limit)})")
        while limit is not None and kept and self._bytes + count > limit:
            self._remove_oldest(kept)
        free = self._free(self._folder)
        missing = count + self._limits.min_free_bytes - free
        if missing > self._bytes:  # the disk is full of other things: our recordings would go in vain
            least = megabytes(self._limits.min_free_bytes)
            why = f"{megabytes(count)} are needed, {megabytes(free)} are free and {least} (min_free_bytes) must stay so"
            raise OSError(errno.ENOSPC, why, str(self._folder))
        while missing > 0 and kept:
            missing -= kept[0].size
            self._remove_oldest(kept)

    def _remove_oldest(self, kept: list[Kept]) -> None:
        path = kept[0].path
        path.unlink(missing_ok=True)
        sidecar_of(path).unlink(missing_ok=True)
        self._bytes -= heapq.heappop(kept).size
        if path.parent != self._folder:
            with suppress(OSError):  # it holds other files
                path.parent.rmdir()

    def _known(self) -> list[Kept]:
        if self._kept is None:
            found = [kept for path in self._folder.rglob(f"*{SIDECAR}") if (kept := recording(path))]
            heapq.heapify(found)
            self._kept, self._bytes = found, sum(kept.size for kept in found)
        return self._kept


def sidecar_of(path: Path) -> Path:
    """Return the file that tells about the recording *path*."""
    return path.with_name(path.name + SIDECAR)


def recording(sidecar: Path) -> Kept | None:
    """Return the recording that *sidecar* tells about; None if it is not the sidecar of one."""
    path = sidecar.with_name(sidecar.name.removesuffix(SIDECAR))
    try:
        told = json.loads(sidecar.read_bytes())
        if told["clip"] != path.name:
            return None
        written_at = datetime.fromisoformat(told["written_at"])
        if written_at.tzinfo is None:
            return None
        size = sum(os.path.getsize(file) for file in (path, sidecar) if file.exists())
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Kept(written_at, path, size)
