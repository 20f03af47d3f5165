"""The bounded buffer between a device and the flow that listens to it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock


@dataclass(frozen=True, slots=True)
class Piece:
    """What came without a break.

    frames: how many. arrived: when the last of them did, on the clock of the ring, s.
    gap: something is missing before it. lost: how many frames that is, as far as known.
    """

    data: bytes
    frames: int
    arrived: float
    gap: bool
    lost: int


class Ring:
    """Holds what a device gives until the flow takes it; what does not fit is dropped, counted and marked.

    Args:
        capacity: How many frames it holds.
        frame_bytes: Size of a frame, all channels.
        rate_hz: Frames per second.
        pause_s: Two deliveries further apart than that have a gap between them: the machine slept, say.
        clock: Seconds, from anywhere.
        since: When the last frames before these came, if there were any: what is missing since then is a gap.
        began: When the first of these frames will have been made, if that is known better than from when they come.
    """

    def __init__(
        self,
        capacity: int,
        frame_bytes: int,
        rate_hz: int,
        *,
        pause_s: float,
        clock: Callable[[], float],
        since: float | None = None,
        began: float | None = None,
    ) -> None:
        self.rate_hz = rate_hz
        self.heard: float | None = None  # when the last frames came
        self._capacity, self._frame_bytes = capacity, frame_bytes
        self._pause_s, self._clock, self._since, self._began = pause_s, clock, since, began
        self._lock = Lock()
        self._pieces: deque[Piece] = deque()
        self._frames = 0
        self._gap = False
        self._lost = 0
        self._overflow = 0

    def put(self, data: bytes, overrun: bool = False) -> None:
        """Take what the device gives; *overrun*: the device itself has lost some before it. Never waits."""
        frames = len(data) // self._frame_bytes
        with self._lock:
            now = self._clock()
            last = self._since if self.heard is None else self.heard
            made = now - frames / self.rate_hz if self.heard is not None or self._began is None else self._began
            absent_s = 0.0 if last is None else made - last
            if last is not None and (self.heard is None or absent_s > self._pause_s):
                self._gap = True
                self._lost += max(0, round(absent_s * self.rate_hz))
            self._gap |= overrun
            self.heard = now
            if self._frames + frames > self._capacity:
                self._gap = True
                self._lost += frames
                self._overflow += frames
                return
            self._pieces.append(Piece(data, frames, now, self._gap, self._lost))
            self._frames += frames
            self._gap, self._lost = False, 0

    def take(self, frames: int) -> Piece | None:
        """Return at least *frames*, or what there is before a gap; None while there is less."""
        with self._lock:
            run: list[Piece] = []
            count = 0
            for piece in self._pieces:
                if run and (piece.gap or count >= frames):
                    break
                run.append(piece)
                count += piece.frames
            if not run or (count < frames and len(run) == len(self._pieces)):
                return None
            for _ in run:
                self._pieces.popleft()
            self._frames -= count
        return Piece(b"".join(piece.data for piece in run), count, run[-1].arrived, run[0].gap, run[0].lost)

    def overflow(self) -> int:
        """Return how many frames did not fit since this was asked last."""
        with self._lock:
            count, self._overflow = self._overflow, 0
        return count
