"""Input devices: what a system of sound drivers offers, and which of them is meant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Protocol

from flowrun.models.capture.pcm import BYTES, Format
from flowrun.schemas.errors import FlowrunError
from flowrun.schemas.stream_info import nearest

RATES_HZ = (8000, 11025, 16000, 22050, 32000, 44100, 48000, 88200, 96000, 176400, 192000)
FORMATS: tuple[Format, ...] = ("s32le", "s24le", "s16le")  # finest first: the driver widens what is narrower


class DeviceError(FlowrunError):
    """A device is not there, or does not open."""


@dataclass(frozen=True, slots=True)
class Device:
    """An input device; `channels` is the most it gives, `rate_hz` what it runs at by itself."""

    index: int
    name: str
    system: str
    channels: int
    rate_hz: int
    default: bool = False


@dataclass(frozen=True, slots=True)
class Opening:
    """How a device is opened."""

    rate_hz: int
    channels: int
    form: Format

    @property
    def frame_bytes(self) -> int:
        """Size of a frame."""
        return self.channels * BYTES[self.form]

    def __str__(self) -> str:
        return f"{self.rate_hz} Hz, {self.channels} channel{'s' * (self.channels > 1)}, {self.form}"


class Opened(Protocol):
    """A device that gives sound."""

    def fault(self) -> str:
        """Return why it gives no more; "" while it does."""

    def close(self) -> None:
        """Let go of it."""


class SoundSystem(Protocol):
    """Where devices come from. What it cannot do it refuses with a `DeviceError`."""

    def devices(self) -> Sequence[Device]:
        """Return the input devices that are there now."""

    def accepts(self, device: Device, opening: Opening) -> bool:
        """Whether *device* can be opened so."""

    def open(self, device: Device, opening: Opening, deliver: Callable[[bytes, bool], None]) -> Opened:
        """Open *device*; what it gives goes to *deliver*, on a thread of the system, with whether some was lost."""

    def close(self) -> None:
        """Let go of everything."""


def find(devices: Sequence[Device], wanted: str | int) -> Device:
    """Return the device that *wanted* means: "default", an index, a name, a pattern, or part of a name.

    Raises:
        DeviceError: there is none.

    >>> usb = Device(3, "USB PnP Sound Device: Audio (hw:1,0)", "ALSA", 1, 48000)
    >>> [find([usb], wanted).index for wanted in (3, "3", "usb*", "pnp sound")]
    [3, 3, 3, 3]
    """
    text = str(wanted).strip()
    if text == "default" and (usual := [device for device in devices if device.default]):
        return usual[0]
    if text.isdecimal():
        same = [device for device in devices if device.index == int(text)]
    else:
        word = text.casefold()
        names = [(device, device.name.casefold()) for device in devices]
        same = [device for device, name in names if name == word]
        same = same or [device for device, name in names if fnmatchcase(name, word)]
        same = same or [device for device, name in names if word and word in name]
    if same:
        return same[0]
    hint = nearest(text, [device.name for device in devices]) if devices else "there is no input device at all"
    raise DeviceError(f"no input device {text!r}; {hint}")


def choose(system: SoundSystem, device: Device, rate_hz: int, channel: int | None) -> Opening:
    """Return how to open *device*: at *rate_hz* where it has that, with the fewest channels that hold *channel*.

    Raises:
        DeviceError: it has no such channel, or accepts nothing.
    """
    if channel is not None and channel > device.channels:
        raise DeviceError(f"channel {channel} of {device.name!r}: it has {device.channels}")
    # The device's own rate comes next, so that only we resample; then what loses least.
    rates = dict.fromkeys([rate_hz, device.rate_hz, *sorted(RATES_HZ, key=lambda rate: (rate < rate_hz, rate))])
    # A single channel is what a sound server mixes of several: not so where one of them is wanted.
    wanted = (1, 2, device.channels) if channel is None else (max(channel, 2), device.channels, channel)
    counts = dict.fromkeys(count for count in wanted if count <= device.channels)
    for rate in rates:
        for count in counts:
            for form in FORMATS:
                opening = Opening(rate, count, form)
                if system.accepts(device, opening):
                    return opening
    raise DeviceError(f"{device.name!r} takes none of our rates and formats: another program may hold it")
