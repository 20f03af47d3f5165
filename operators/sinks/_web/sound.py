"""Sound for browsers that listen: 16 kHz, 16 bit, whatever the stream has."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from flowrun.schemas.late import np
from flowrun.schemas.ports import Audio

if TYPE_CHECKING:
    import soxr

RATE_HZ = 16000


class SoundFeed:
    """Makes the binary messages of one stream: when the first sample was heard, s, as a double, then the samples."""

    def __init__(self, rate_hz: int) -> None:
        self.rate_hz = rate_hz
        self._next = -1
        self._resampler: soxr.ResampleStream | None = None
        self._begun_s = 0.0
        self._given = 0

    def messages(self, blocks: list[Audio]) -> list[bytes]:
        """Return a message per block that has sound; a gap begins anew.

        >>> feed = SoundFeed(16000)
        >>> (message,) = feed.messages([Audio(np.array([0.5, -1.0], np.float32), 16000, "mic", 16000)])
        >>> struct.unpack("<d2h", message)
        (1.0, 16384, -32768)
        """
        return [message for block in blocks if len(message := self._message(block)) > 8]

    def _message(self, block: Audio) -> bytes:
        if block.start_sample != self._next:
            self._begun_s, self._given, self._resampler = block.start_s, 0, None
        self._next = block.start_sample + len(block.samples)
        samples = block.samples
        if self.rate_hz != RATE_HZ:
            if self._resampler is None:
                import soxr

                self._resampler = soxr.ResampleStream(self.rate_hz, RATE_HZ, 1, dtype="float32", quality="QQ")
            samples = self._resampler.resample_chunk(samples)
        at_s = self._begun_s + self._given / RATE_HZ
        self._given += len(samples)
        whole = np.rint(np.nan_to_num(samples) * 32768).clip(-32768, 32767).astype("<i2")
        return struct.pack("<d", at_s) + whole.tobytes()
