"""Where the windows lie that an operator cuts from audio."""

from __future__ import annotations

from flowrun.schemas.late import np
from flowrun.schemas.ports import Audio, Windows


class Timeline:
    """Places windows of *window* samples, *hop* samples apart, the first at the first sample that came.

    >>> timeline = Timeline(16000, 15600, 7680)
    >>> blocks = [Audio(np.zeros(16000, np.float32), 16000, "a.wav", start_sample=n) for n in (8000, 24000)]
    >>> [timeline(block, 1).start_s.tolist() for block in blocks]
    [[0.5], [0.98]]
    """

    def __init__(self, rate_hz: int, window: int, hop: int) -> None:
        self._rate_hz = rate_hz
        self._window = window
        self._hop = hop
        self._next: int | None = None  # first sample of the next window
        self._gap = False  # something was lost before the next window

    def __call__(self, audio: Audio, windows: int) -> Windows | None:
        """Return where the *windows* lie that this block completes; None while there is nothing to tell.

        Every block of the stream must be shown: one that completes no window may still tell of its start or of a gap.
        """
        if self._next is None:
            self._next = audio.start_sample
        self._gap |= audio.gap
        if not windows and not audio.last:
            return None
        starts = (self._next + self._hop * np.arange(windows)) / self._rate_hz
        self._next += self._hop * windows
        gap, self._gap = self._gap, False
        window_s, hop_s = self._window / self._rate_hz, self._hop / self._rate_hz
        return Windows(audio.stream, starts, window_s, hop_s, audio.began_at, gap, audio.last)
