"""A device is found by what the user calls it, and opened as it can be."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from flowrun.models.capture.devices import Device, DeviceError, Opened, Opening, choose, find

BUILT_IN = Device(0, "HDA Intel PCH: ALC269VB Analog (hw:0,0)", "ALSA", 2, 44100)
USB = Device(4, "USB PnP Sound Device: Audio (hw:1,0)", "ALSA", 1, 48000, default=True)
DEVICES = (BUILT_IN, USB)


class Picky:
    """A system whose devices open only as they are."""

    def __init__(self, *accepted: Opening) -> None:
        self.accepted = accepted

    def devices(self) -> Sequence[Device]:
        return DEVICES

    def accepts(self, device: Device, opening: Opening) -> bool:
        return opening in self.accepted

    def open(self, device: Device, opening: Opening, deliver: Callable[[bytes, bool], None]) -> Opened:
        raise NotImplementedError

    def close(self) -> None: ...


@pytest.mark.parametrize(
    ("wanted", "index"),
    [("default", 4), (0, 0), ("4", 4), (BUILT_IN.name, 0), ("*hw:1,*", 4), ("usb pnp", 4), ("alc269", 0)],
)
def test_it_is_found_by_index_name_pattern_or_part(wanted: str | int, index: int) -> None:
    assert find(DEVICES, wanted).index == index


def test_one_that_is_not_there_is_answered_with_those_that_are() -> None:
    with pytest.raises(DeviceError, match=r"no input device 'Scarlett'; known: HDA Intel"):
        find(DEVICES, "Scarlett")
    with pytest.raises(DeviceError, match="there is no input device at all"):
        find((), "default")


def test_the_rate_wanted_goes_before_the_devices_own_and_few_channels_before_many() -> None:
    everything = Picky(*(Opening(r, c, "s16le") for r in (16000, 44100) for c in (1, 2)))
    assert choose(everything, BUILT_IN, 16000, None) == Opening(16000, 1, "s16le")
    only_stereo = Picky(Opening(44100, 2, "s16le"), Opening(96000, 2, "s32le"))
    assert choose(only_stereo, BUILT_IN, 16000, None) == Opening(44100, 2, "s16le")


def test_the_first_channel_is_not_asked_as_the_only_one_which_a_server_would_mix() -> None:
    everything = Picky(*(Opening(16000, c, "s16le") for c in (1, 2)))
    assert choose(everything, BUILT_IN, 16000, 1) == Opening(16000, 2, "s16le")
    assert choose(everything, USB, 16000, 1) == Opening(16000, 1, "s16le")


def test_a_second_channel_is_not_asked_of_a_single_one() -> None:
    with pytest.raises(DeviceError, match="channel 2 of 'USB PnP"):
        choose(Picky(), USB, 16000, 2)


def test_a_device_that_takes_nothing_is_said_to_be_busy() -> None:
    with pytest.raises(DeviceError, match="another program may hold it"):
        choose(Picky(), USB, 16000, None)
