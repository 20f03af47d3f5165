"""Counts what a source lost, from the blocks alone: where they do not join, and say so."""

from __future__ import annotations

from flowrun.schemas.control import Control
from flowrun.schemas.health import Stats
from flowrun.schemas.ports import Audio


class Losses:
    """The gaps in the streams of one source, added to its *stats*; none that a pause asked of *control* has made."""

    def __init__(self, stats: Stats, control: Control) -> None:
        self._stats, self._control = stats, control
        self._pauses = 0  # those before the last block
        self._ends: dict[str, int] = {}  # where the block before ended, in samples, by stream

    def heard(self, block: Audio) -> None:
        """Take the next block of a stream.

        >>> import numpy as np
        >>> stats, hundred = Stats(), np.zeros(100, np.float32)
        >>> losses = Losses(stats, Control())
        >>> losses.heard(Audio(hundred, 16000, "mic"))
        >>> losses.heard(Audio(hundred, 16000, "mic", 500, gap=True))
        >>> stats.gaps, stats.lost_samples, stats.lost_s
        (1, 400, 0.025)
        """
        before = self._ends.pop(block.stream, block.start_sample)
        paused, self._pauses = self._pauses != self._control.pauses, self._control.pauses
        if block.gap and not paused:
            lost = max(0, block.start_sample - before)
            self._stats.gaps += 1
            self._stats.lost_samples += lost
            self._stats.lost_s += lost / block.rate_hz
        if not block.last:
            self._ends[block.stream] = block.start_sample + len(block.samples)

    @property
    def streams(self) -> tuple[str, ...]:
        """The streams that are under way; to be asked from any thread."""
        return tuple(list(self._ends))

    def ended(self, stream: str) -> None:
        """Forget a stream that ended without a last block."""
        self._ends.pop(stream, None)
