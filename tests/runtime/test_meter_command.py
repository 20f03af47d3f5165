"""`flowrun devices --meter` shows what a device gives, what is wrong with it, and ends when it should."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from math import inf

import numpy as np
import pytest
from numpy.typing import NDArray

from flowrun.models.capture import portaudio
from flowrun.models.capture.devices import Device, Opened, Opening
from flowrun.models.capture.meter import Reading
from flowrun.models.signals import tone
from flowrun.runtime import cli
from flowrun.runtime.commands.meter_bar import bar

TONE = tone(0.5, 16000, -20, 440)


class Desk:
    """A system of one device, which gives *sound* again and again, as fast as it is taken; or nothing."""

    def __init__(self, sound: NDArray[np.float32] | None, times: int = 100) -> None:
        self._sound, self._times = sound, times

    def devices(self) -> Sequence[Device]:
        return [Device(0, "USB Mic", "ALSA", 1, 16000, default=True)]

    def accepts(self, device: Device, opening: Opening) -> bool:
        return opening == Opening(16000, 1, "s16le")

    def open(self, device: Device, opening: Opening, deliver: Callable[[bytes, bool], None]) -> Opened:
        if self._sound is not None:
            data = (self._sound * 32767).astype("<i2").tobytes()
            for _ in range(self._times):
                deliver(data, False)
        return self

    def fault(self) -> str:
        return ""

    def close(self) -> None: ...


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A function that puts a desk in the place of this machine's sound."""
    return lambda *args: monkeypatch.setattr(portaudio, "PortAudio", lambda: Desk(*args))


def test_a_line_a_second_has_the_levels(desk: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    desk(TONE, 6)
    assert cli.main(["devices", "--meter", "--seconds", "2"]) == 0
    out, error = capsys.readouterr()
    assert out.splitlines() == [
        "    1.0 s  rms  -20.0  peak  -17.0  hold  -17.0 dBFS",
        "    2.0 s  rms  -20.0  peak  -17.0  hold  -17.0 dBFS",
    ]
    assert error == "listening to 'default': USB Mic (16000 Hz, 1 channel, s16le)\n"


def test_json_has_an_object_per_line_and_zeros_have_no_level(
    desk: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    desk(0 * TONE)
    assert cli.main(["devices", "--meter", "usb*", "--seconds", "1", "--json"]) == 0
    state, reading = map(json.loads, capsys.readouterr().out.splitlines())
    assert state["state"] == "listening"
    assert reading == {
        "at_s": 1.0,
        "rms_dbfs": None,
        "peak_dbfs": None,
        "hold_dbfs": None,
        "clipped": 0,
        "zeros": True,
    }


@pytest.mark.parametrize(("sound", "remark"), [(0 * TONE, "only zeros: is it muted?"), (0 * TONE + 1, "clips: 16000")])
def test_what_is_wrong_is_said(
    sound: NDArray[np.float32], remark: str, desk: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    desk(sound)
    cli.main(["devices", "--meter", "--seconds", "1"])
    assert remark in capsys.readouterr().out


def test_a_device_that_is_not_there_is_an_error(desk: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    desk(TONE)
    assert cli.main(["devices", "--meter", "Scarlett"]) == 1
    assert capsys.readouterr().err == "error: no input device 'Scarlett'; known: USB Mic\n"


def test_ctrl_c_ends_it_well(monkeypatch: pytest.MonkeyPatch, desk: Callable[..., None]) -> None:
    desk(TONE)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("flowrun.runtime.commands.meter._as_line", interrupted)
    assert cli.main(["devices", "--meter"]) == 0


def test_the_bar_is_as_long_as_it_is_loud_and_marks_the_held_peak() -> None:
    drawn = bar(Reading(-30.0, -27.0, -15.0, 0, False), 40).plain
    assert drawn.startswith("█" * 20 + "·" * 9 + "│" + "·" * 10 + "  -30.0 peak  -27.0 dBFS")
    assert "CLIP" in bar(Reading(-1.0, 0.0, 0.0, 7, False), 40).plain
    assert "ZEROS" in bar(Reading(-inf, -inf, -inf, 0, True), 40).plain
