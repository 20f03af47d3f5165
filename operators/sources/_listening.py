"""Listens to a device for as long as the run lasts, whatever happens to the device."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta

from flowrun.models.capture.devices import DeviceError, Opened, Opening, SoundSystem, choose, find
from flowrun.models.capture.pcm import one_channel
from flowrun.models.capture.ring import Piece, Ring
from flowrun.models.capture.state import State
from flowrun.operators.sources._continuous import Continuous
from flowrun.schemas.ports import Audio
from flowrun.schemas.run import Run

POLL_S = 0.02


def seconds() -> float:
    """Return the seconds since the machine started, those it slept included where the system tells."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be listened to, and when it counts as broken.

    bursts: what comes first was made when the device was opened, though it comes seconds later, all at once.
    """

    device: str | int
    channel: int | None
    block_s: float
    buffer_s: float
    stall_s: float
    silence_s: float
    bursts: bool = False


class Listening:
    """The sound of one device, block by block.

    Args:
        wish: What the user wants.
        out: Makes the blocks.
        run: The run.
        system: Makes the system of sound drivers; called again before each attempt.
        clock: Seconds, from anywhere.
        wait: Waits so many seconds, and tells whether the run is to end; the run's own where not given.
    """

    def __init__(
        self,
        wish: Wish,
        out: Continuous,
        run: Run,
        system: Callable[[], SoundSystem],
        clock: Callable[[], float] = seconds,
        wait: Callable[[float], bool] | None = None,
    ) -> None:
        self.wish, self.out, self.run, self.clock = wish, out, run, clock
        self.state = State(f"{wish.device!r}", run.state, clock)
        self.wait = wait or self._rest
        self.overflowed = 0  # frames
        self._system = system
        self._heard: float | None = None  # when the last frames came, of any opening
        self._sound: float | None = None  # when the last that were not zero came, or the first of this opening

    def blocks(self) -> Generator[Audio]:
        """Yield the stream until the run is to end."""
        while not self.run.stopping.is_set():
            self.run.heartbeat()
            try:
                with closing(self._system()) as system:
                    yield from self._of(system)
            except DeviceError as error:
                self.state.trouble("missing", str(error))
            if not self.run.stopping.is_set():
                self.wait(self.state.backoff_s())
        yield from self.out.end()

    def _of(self, system: SoundSystem) -> Iterator[Audio]:
        """Yield what one opening of the device gives."""
        device = find(system.devices(), self.wish.device)
        opening = choose(system, device, self.out.rate_hz, self.wish.channel)
        ring = Ring(
            round(self.wish.buffer_s * opening.rate_hz),
            opening.frame_bytes,
            opening.rate_hz,
            pause_s=self.wish.stall_s,
            clock=self.clock,
            since=self._heard,
            began=self.clock() if self.wish.bursts else None,
        )
        how = f"{device.name} ({opening})"
        self._sound = None
        with closing(system.open(device, opening, ring.put)) as opened:
            for piece in self._pieces(opened, ring):
                yield from self._heard_as(piece, opening, how)
        while rest := ring.take(1):  # less than a block, or what came before the fault was seen
            yield from self._heard_as(rest, opening)

    def _pieces(self, opened: Opened, ring: Ring) -> Iterator[Piece]:
        """Yield what comes, until something is wrong or the run is to end."""
        frames = round(self.wish.block_s * ring.rate_hz)
        began = self.clock()
        while not self.run.stopping.is_set():
            if piece := ring.take(frames):
                yield piece
                self._count(ring)
                if self._silent():
                    return
            elif self.clock() - (began if ring.heard is None else ring.heard) > self.wish.stall_s:
                self.state.trouble(
                    "stalled", f"nothing came for {self.wish.stall_s:g} s; it is opened again", ring.heard
                )
                return
            elif fault := opened.fault():
                if ring.heard is None:  # it opened, but nothing has come yet
                    self.state.trouble("missing", fault)
                else:
                    self.state.trouble("lost", f"{fault}; it is opened again")
                return
            else:
                self.wait(min(POLL_S, self.wish.block_s / 4))

    def _heard_as(self, piece: Piece, opening: Opening, how: str = "") -> Iterator[Audio]:
        """Yield a piece as blocks; *how* it is listened to, if it still is."""
        samples = one_channel(piece.data, opening.form, opening.channels, self.wish.channel)
        self._heard = piece.arrived
        if samples.any() or self._sound is None:
            self._sound = piece.arrived
        if how and (self.state.name != "silent" or samples.any()):
            self.state.well(how)
        at = self.run.now() - timedelta(seconds=self.clock() - piece.arrived)
        yield from self.out.blocks(samples, opening.rate_hz, at, gap=piece.gap, lost=piece.lost)

    def _rest(self, seconds: float) -> bool:
        self.run.heartbeat(seconds)
        return self.run.stopping.wait(seconds)

    def _silent(self) -> bool:
        """Whether there have been only zeros for so long that the device is better opened again."""
        if self._sound is None or self._heard is None or self._heard - self._sound < self.wish.silence_s:
            return False
        self.state.trouble(
            "silent", f"only zeros for {self.wish.silence_s:g} s: is it muted? It is opened again", self._sound
        )
        return True

    def _count(self, ring: Ring) -> None:
        """Tell of what did not fit: the first time, and whenever it has doubled."""
        before, self.overflowed = self.overflowed, self.overflowed + ring.overflow()
        if self.overflowed.bit_length() > before.bit_length():
            lost_s = self.overflowed / ring.rate_hz
            self.run.warn(f"{self.wish.device!r}: the flow is too slow: {lost_s:.2f} s of sound lost so far")
