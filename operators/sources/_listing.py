"""Which files of a folder are to be read, and in what order."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path

EXTENSIONS = (
    *("wav", "wave", "flac", "ogg", "oga", "opus", "mp3", "aif", "aiff", "aifc", "au", "snd", "caf", "w64", "rf64"),
    *("bwf", "voc", "nist", "sph", "pvf", "xi", "htk", "ircam", "sds", "wve", "sd2", "avr"),
)


def files(folder: Path, recursive: bool, warn: Callable[[str], None], inside: str = "") -> Iterator[str]:
    """Yield the files below *folder*, as paths inside it, in natural order.

    Left out are what is hidden, pipes and devices, links to folders, and, with a warning, folders that may not be read.

    Raises:
        OSError: *folder* itself cannot be read.
    """
    try:
        with os.scandir(folder / inside) as entries:
            listed = sorted(entries, key=lambda entry: natural(entry.name))
    except OSError as error:
        if not inside:
            raise
        warn(f"{folder / inside}: left out: {error.strerror}")
        return
    for entry in listed:
        name = f"{inside}{entry.name}"
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            if recursive:
                yield from files(folder, recursive, warn, f"{name}/")
        elif _is_file(entry):
            yield name


def _is_file(entry: os.DirEntry[str]) -> bool:
    """Return whether *entry* is a file, or a link that should lead to one: reading will tell what is wrong with it."""
    try:
        return entry.is_file() or (entry.is_symlink() and not os.path.exists(entry.path))
    except OSError:  # links that lead to each other
        return True


def natural(name: str) -> tuple[str, str]:
    """Return a sort key that counts numbers by value.

    >>> sorted(["a10.wav", "a2.wav", "A1.wav", "a.wav"], key=natural)
    ['a.wav', 'A1.wav', 'a2.wav', 'a10.wav']
    """
    return re.sub("0*([0-9]+)", lambda number: f"{len(number[1]):03}{number[1]}", name.casefold()), name


def matches(name: str, patterns: list[str]) -> bool:
    """Return whether a path inside the folder matches one of *patterns*; those without a "/" see its last part only.

    >>> matches("night/a.WAV", ["*.wav"]), matches("night/a.wav", ["day/*"]), matches("night/a.wav", ["night/*.wav"])
    (True, False, True)
    """
    path = name.casefold()
    base = path.rpartition("/")[2]
    return any(fnmatchcase(path if "/" in pattern else base, pattern.casefold()) for pattern in patterns)
