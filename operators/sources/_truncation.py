"""Whether a file ends before its header says it does.

libsndfile reads such a file to its end without a word, but notes in its log the sizes that do not fit.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from flowrun.operators.sources._opening import UNKNOWN_FRAMES

if TYPE_CHECKING:
    import soundfile

# "data : 96000 (should be 47978)" in WAV, AIFF, AU and CAF; the size of the whole file in W64 and RF64
SIZES = re.compile(r"^\s*(?:data|SSND|Data Size|riff|Riff size)\s*:\s*(0x[0-9A-F]+|\d+) \(should be (\d+)\)", re.M)
VOC_SIGN = "Seems to be a truncated file"
OGG_PAGE_BYTES = 27 + 255 + 255 * 255  # the longest page
OGG_END = 4  # a flag of the last page
TAG_BYTES = 4096  # an MP3's Xing or Info tag stands in its first frame


def cut_short(file: soundfile.SoundFile, path: Path) -> str:
    """Return what is missing at the end of *file*, or nothing."""
    log = file.extra_info
    for promised, there in SIZES.findall(log):
        if int(promised, 0) > int(there):
            return f"is truncated: its header promises {int(promised, 0)} bytes, {there} are there"
    if VOC_SIGN in log or (file.format == "OGG" and not _has_last_page(path)):
        return "is truncated: its last part is missing"
    return ""


def _has_last_page(path: Path) -> bool:
    """Return whether the last page of an Ogg file is whole and says that it is the last.

    Source: RFC 3533, section 6.
    """
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - 2 * OGG_PAGE_BYTES))
        tail = stream.read()
    page = tail[max(0, tail.rfind(b"OggS")) :]
    if len(page) < 27:
        return False
    segments = page[26]
    return bool(page[5] & OGG_END) and len(page) >= 27 + segments + sum(page[27 : 27 + segments])


def knows_length(file: soundfile.SoundFile, path: Path) -> bool:
    """Return whether the number of samples in the header of *file* can be taken at its word.

    An MP3 without a Xing or Info tag only gives a guess, made from the size of its first frame.
    """
    if file.frames > UNKNOWN_FRAMES:
        return False
    if file.format != "MP3":
        return True
    with path.open("rb") as stream:
        head = stream.read(10)
        if head[:3] == b"ID3":  # its size: 4 times 7 bits
            stream.seek(10 + sum(byte << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True)))
        start = stream.read(TAG_BYTES)
    return any(tag in start for tag in (b"Xing", b"Info", b"VBRI"))
