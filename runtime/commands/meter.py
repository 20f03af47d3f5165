"""`flowrun devices --meter`: how loud a device is, live."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import asdict
from math import inf, isfinite
from threading import Event as Flag
from threading import Timer

from flowrun.models.capture.devices import SoundSystem, find
from flowrun.models.capture.meter import Meter, Reading
from flowrun.runtime.commands.meter_bar import drawing
from flowrun.runtime.commands.terminal import say
from flowrun.schemas.health import State
from flowrun.schemas.ports import Audio
from flowrun.schemas.run import Alone

STALL_S = 2.0
Show = Callable[[float, Reading], None]
Tell = Callable[[State, str], None]


def run(options: argparse.Namespace) -> int:
    """Show the level of the device that is meant, until Ctrl-C or for so many seconds."""
    from flowrun.models.capture.portaudio import PortAudio

    on_terminal = sys.stdout.isatty() and not options.json
    with ExitStack() as stack:
        ways: tuple[Show, Tell] = (_as_json, _state_as_json) if options.json else (_as_line, _state_as_line)
        show, tell = drawing(stack) if on_terminal else ways
        with suppress(KeyboardInterrupt):  # how it is meant to be ended
            metered(PortAudio, options.meter, options.seconds, 0.1 if on_terminal else 1.0, show, tell)
    return 0


def metered(
    system: Callable[[], SoundSystem],
    device: str,
    seconds: float | None,
    every_s: float,
    show: Show,
    tell: Tell,
) -> None:
    """Have *show* called with the time and the levels of each *every_s*, and *tell* with what happens to the device.

    Raises:
        DeviceError: there is no such device now.
    """
    from flowrun.operators.sources._continuous import Continuous
    from flowrun.operators.sources._listening import Listening, Wish

    with closing(system()) as first:
        found = find(first.devices(), device)
    # At its own rate, so that nothing is converted: that would round clipping off.
    wish = Wish(device, None, every_s, buffer_s=30.0, stall_s=STALL_S, silence_s=inf)
    told = _Told(tell)
    listening = Listening(wish, Continuous(device, found.rate_hz), told, system)
    meter = Meter()
    with closing(listening.blocks()) as blocks, _in_the_end(told.stopping, seconds):
        for block in _so_long(blocks, seconds):
            if len(block.samples):
                at_s = (block.start_sample + len(block.samples)) / block.rate_hz
                show(at_s, meter.read(block.samples, len(block.samples) / block.rate_hz))


def _so_long(blocks: Iterator[Audio], seconds: float | None) -> Iterator[Audio]:
    """Yield *blocks* up to so many *seconds* of the stream."""
    for block in blocks:
        yield block
        if seconds is not None and block.start_sample + len(block.samples) >= seconds * block.rate_hz:
            return


@contextmanager
def _in_the_end(stopping: Flag, seconds: float | None) -> Iterator[None]:
    """Set *stopping* some time after so many *seconds*: of a device that gives nothing they never pass."""
    timer = Timer((seconds or 0) + STALL_S, stopping.set)
    if seconds is not None:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


class _Told(Alone):
    """The run of a meter: it tells what happens to the device as soon as it does."""

    def __init__(self, tell: Tell) -> None:
        super().__init__("meter")
        self._tell = tell

    def state(self, state: State, message: str) -> None:
        self._tell(state, message)

    def warn(self, message: str) -> None:
        self._tell("listening", message)


def _remark(reading: Reading) -> str:
    if reading.zeros:
        return "only zeros: is it muted?"
    return f"clips: {reading.clipped} samples at full scale" if reading.clipped else ""


def _as_line(at_s: float, reading: Reading) -> None:
    levels = f"rms {reading.rms_dbfs:6.1f}  peak {reading.peak_dbfs:6.1f}  hold {reading.hold_dbfs:6.1f} dBFS"
    say(f"{at_s:7.1f} s  {levels}  {_remark(reading)}".rstrip())


def _state_as_line(state: State, message: str) -> None:
    say(message, sys.stderr)


def _as_json(at_s: float, reading: Reading) -> None:
    values = {"at_s": round(at_s, 3), **asdict(reading)}
    finite = {key: value if isfinite(value) else None for key, value in values.items()}  # zeros have no level
    say(json.dumps(finite))


def _state_as_json(state: State, message: str) -> None:
    say(json.dumps({"state": state, "message": message}))
