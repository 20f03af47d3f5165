"""`flowrun devices`."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from flowrun.models.capture.devices import RATES_HZ, Device, Opening, SoundSystem
from flowrun.runtime.commands import meter
from flowrun.runtime.commands.terminal import report, say


def run(options: argparse.Namespace) -> int:
    """List the input devices, or show the level of one."""
    if options.meter is not None:
        return meter.run(options)
    from flowrun.models.capture.portaudio import PortAudio

    system = PortAudio()
    try:
        found = [(device, rates(system, device)) for device in system.devices()]
    finally:
        system.close()
    if options.json:
        report([{**asdict(device), "rates_hz": list(works)} for device, works in found])
        return 0
    if not found:
        say("no input device: is one plugged in, and may you use it (group `audio`)?")
        return 0
    rows = [("", "INDEX", "NAME", "SYSTEM", "CHANNELS", "RATES (kHz)")]
    for device, works in found:
        mark = "*" if device.default else ""
        listed = " ".join(f"{rate / 1000:g}" for rate in works) or "busy"
        rows.append((mark, str(device.index), device.name, device.system, str(device.channels), listed))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return 0


def rates(system: SoundSystem, device: Device) -> tuple[int, ...]:
    """Return the usual rates that *device* opens at, with one channel or with all."""
    counts = dict.fromkeys((1, device.channels))
    return tuple(
        rate for rate in RATES_HZ if any(system.accepts(device, Opening(rate, count, "s16le")) for count in counts)
    )
